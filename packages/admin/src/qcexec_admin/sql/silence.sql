-- For how long each worker has been silent. PostgreSQL's own start counts as a
-- heartbeat of everybody.
select
  w.worker_id, w.pod, w.node, q.name as queue,
  date_part('epoch', now() - greatest(w.heartbeat_at, pg_postmaster_start_time())) as seconds
from qcexec.worker w
join qcexec.queue q on q.queue_id = w.queue_id
order by seconds desc, w.worker_id;
