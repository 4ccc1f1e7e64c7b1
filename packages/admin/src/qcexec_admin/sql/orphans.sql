-- Workers that hold leases and have no row, and since when at most.
select l.worker_id, count(*) as leases, date_part('epoch', now() - min(l.claimed_at)) as seconds
from qcexec.lease l
where not exists (select from qcexec.worker w where w.worker_id = l.worker_id)
group by l.worker_id
order by leases desc, l.worker_id;
