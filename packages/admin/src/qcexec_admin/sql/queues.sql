-- Each queue, with what serves it and the oldest at the heads of its lanes. In one
-- lane tasks are in the order of their arrival, or, returned ones, of their return.
select
  q.name, head.task_id is not null as waiting,
  date_part('epoch', now() - qcexec.uuid7_moment(head.task_id::uuid)) as oldest_seconds,
  exists (select from qcexec.pool p where p.queue_id = q.queue_id) as served,
  (select count(*) from qcexec.worker w where w.queue_id = q.queue_id and w.draining_at is null) as claiming,
  (select count(*) from qcexec.worker w where w.queue_id = q.queue_id) as workers
from qcexec.queue q
cross join lateral (
  select min(first.task_id::text) as task_id
  from generate_series(0, 3) priority
  cross join generate_series(0, 2) lane
  cross join lateral (
    select task_id from qcexec.ready r
    where r.queue_id = q.queue_id and r.priority = priority.priority and r.lane = lane.lane
    order by seq limit 1
  ) first
) head
order by q.name;
