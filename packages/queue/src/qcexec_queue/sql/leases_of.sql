-- The leases of some workers: $1 worker ids.
select l.worker_id, l.epoch, l.task_id, l.queue_id, l.priority, l.lane, l.attempt, l.delivery, l.cost
from qcexec.lease l
where l.worker_id = any ($1::uuid[])
order by l.worker_id, l.epoch;
