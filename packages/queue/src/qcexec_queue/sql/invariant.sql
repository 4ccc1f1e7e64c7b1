-- Every accepted task is in exactly one of ready, scheduled, lease and result.
-- Gives the tasks for which that does not hold, at most 100, with the places
-- where each is; none when all is well. A result without a task is one whose
-- task's partition was dropped first, as it should be.
with places as (
  select task_id, 'ready' as place from qcexec.ready
  union all select task_id, 'scheduled' from qcexec.scheduled
  union all select task_id, 'lease' from qcexec.lease
  union all select task_id, 'result' from qcexec.result
),
grouped as (
  select task_id, count(*) as number, array_agg(place order by place) as places from places group by task_id
)
select coalesce(t.task_id, g.task_id) as task_id, t.task_id is not null as submitted, coalesce(g.places, '{}') as places
from qcexec.task t full join grouped g on g.task_id = t.task_id
where g.task_id is null
   or g.number > 1
   or (t.task_id is null and g.places <> '{result}')
limit 100;
