-- Ends leases with their results and claims the next tasks, in one commit.
-- $1 worker, $2 queue id,
-- $3 epochs that ended, $4 outcomes, $5 codes, $6 bodies,
-- $7 priorities, $8 lanes, $9 watermarks: where to look, in that order,
-- $10 most tasks to claim, $11 how many of them regardless of their cost,
-- $12 expected CPU-seconds to claim in all, $13 bytes to claim in all.
-- Gives a row per accepted epoch (task_id null) and a row per claimed task.
--
-- Suspects (lane 0) come first in the input and are claimed alone. The nested
-- loop over the lanes stops as soon as the limit is reached; what it locked and
-- the caps then left is free again at the commit. Rows of ready are never
-- updated, so a locked row keeps its place (ctid) until it is deleted.
--
-- "offset 0" fences a look-up off from the join around it: whatever the planner
-- believes of the tables' sizes, it is done once for each row of the input.
with ended as (
  delete from qcexec.lease l
  using unnest($3::bigint[], $4::smallint[], $5::text[], $6::bytea[])
    as i (epoch, outcome, code, body)
  cross join lateral (
    select ctid as place from qcexec.lease where worker_id = $1 and epoch = i.epoch offset 0
  ) found
  where l.ctid = found.place
  returning l.epoch, l.task_id, l.claimed_at, l.attempt, i.outcome, i.code, i.body
),
stored as (
  insert into qcexec.result
    (task_id, worker_id, epoch, claimed_at, finished_at, attempt, outcome, code, body)
  select task_id, $1, epoch, claimed_at, now(), attempt + 1, outcome, code, body from ended
),
found as materialized (
  select r.place, r.seq, r.cost, r.bytes, r.lane, w.turn
  from unnest($7::smallint[], $8::smallint[], $9::bigint[])
    with ordinality as w (priority, lane, watermark, turn)
  cross join lateral (
    select ctid as place, seq, cost, bytes, lane from qcexec.ready
    where queue_id = $2 and priority = w.priority and lane = w.lane and seq >= w.watermark
    order by seq limit $10::integer
    for update skip locked
  ) r
  limit $10::integer
),
measured as (
  select
    place,
    row_number() over running as position,
    first_value(lane) over running as first_lane,
    sum(cost) over running - cost as cost_before,
    sum(bytes) over running - bytes as bytes_before
  from found
  window running as (order by turn, seq rows unbounded preceding)
),
taken as (
  delete from qcexec.ready
  where ctid = any (array(
    select place from measured
    where position = 1 or (
      first_lane <> 0
      and (position <= $11::integer or cost_before < $12::real)
      and bytes_before < $13::bigint
    )
  ))
  returning priority, lane, seq, attempt, delivery, cost, task_id
),
claimed as materialized (
  select nextval('qcexec.epoch_seq') as epoch, t.*
  from (select * from taken order by priority, lane, seq) t
),
leased as (
  insert into qcexec.lease
    (worker_id, epoch, task_id, queue_id, priority, lane, attempt, delivery, cost, claimed_at)
  select $1, epoch, task_id, $2, priority, lane, attempt, delivery, cost, now() from claimed
)
select
  c.epoch, c.task_id, c.seq, c.priority, c.lane, c.attempt, c.delivery, c.cost, s.payload, s.traceparent
from claimed c
cross join lateral (
  select payload, traceparent from qcexec.task where task_id = c.task_id offset 0
) s
union all
select epoch, null, null, null, null, null, null, null, null, null from ended;
