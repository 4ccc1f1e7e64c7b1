-- Queues in which tasks wait and that no pool serves.
select q.queue_id, q.name
from qcexec.queue q
where not exists (select from qcexec.pool p where p.queue_id = q.queue_id)
  and exists (select from qcexec.ready r where r.queue_id = q.queue_id)
order by q.queue_id;
