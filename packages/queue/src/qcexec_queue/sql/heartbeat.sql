-- $1 worker, $2 epochs that it holds, $3 database time of the last heartbeat
-- that was answered before that list was made (null: none yet), $4 claim timeout
-- in seconds, $5 busy slots, and what has ended in its slots since its start:
-- $6 tasks, $7 their seconds, $8 the squares of those, $9 their costs.
-- A lease whose claim began more than a claim timeout before $3 and that is not
-- named belongs to a claim whose reply was lost: it goes back, uncounted.
-- A worker that has run something since its last heartbeat was not idle meanwhile.
with beat as (
  update qcexec.worker
  set heartbeat_at = now(), busy = $5,
      idle_since = case when $5 > 0 then null when tasks_done <> $6 then now() else coalesce(idle_since, now()) end,
      tasks_done = $6, seconds_done = $7, squares_done = $8, cost_done = $9
  where worker_id = $1
  returning heartbeat_at, draining_at, drained_at
),
unnamed as (
  delete from qcexec.lease
  where worker_id = $1
    and claimed_at < $3::timestamptz - make_interval(secs => $4::double precision)
    and epoch <> all ($2::bigint[])
    and exists (select from beat)
  returning task_id, queue_id, priority, lane, attempt, delivery, cost
),
returned as (
  insert into qcexec.ready (queue_id, priority, lane, attempt, delivery, cost, bytes, seq, task_id)
  select
    u.queue_id, u.priority, least(u.lane, 1), u.attempt, u.delivery, u.cost,
    (select octet_length(t.payload) from qcexec.task t where t.task_id = u.task_id),
    nextval('qcexec.ready_seq'), u.task_id
  from unnamed u
)
select
  beat.heartbeat_at, beat.draining_at, beat.drained_at,
  (select array_agg(distinct queue_id) from unnamed) as ready_in,
  (select count(*) from unnamed) as returned
from beat;
