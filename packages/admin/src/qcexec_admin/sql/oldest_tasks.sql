-- The tasks that have waited longest, from the heads of all lanes, and those that
-- some worker has had longest: $1 of each at most.
(
  select
    first.task_id, q.name as queue, 'ready' as state,
    date_part('epoch', now() - qcexec.uuid7_moment(first.task_id)) as age_seconds,
    null::double precision as held_seconds, null::uuid as worker_id, first.attempt
  from qcexec.queue q
  cross join generate_series(0, 3) priority
  cross join generate_series(0, 2) lane
  cross join lateral (
    select task_id, attempt from qcexec.ready r
    where r.queue_id = q.queue_id and r.priority = priority.priority and r.lane = lane.lane
    order by seq limit $1::integer
  ) first
  order by age_seconds desc, first.task_id limit $1::integer
)
union all
(
  select
    l.task_id, q.name, 'running', date_part('epoch', now() - qcexec.uuid7_moment(l.task_id)),
    date_part('epoch', now() - l.claimed_at) as held_seconds, l.worker_id, l.attempt
  from qcexec.lease l
  join qcexec.queue q on q.queue_id = l.queue_id
  order by held_seconds desc, l.task_id limit $1::integer
);
