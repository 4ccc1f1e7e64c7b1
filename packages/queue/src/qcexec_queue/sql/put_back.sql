-- Ends leases without a result of the worker, as was decided for each:
-- $1 workers, $2 epochs, $3 destinations (1 ready, 2 scheduled, 3 failed),
-- $4 queue ids, $5 lanes, $6 attempts, $7 deliveries, $8 costs,
-- $9 delays in seconds, $10 reasons for the history (null: no history),
-- $11 details, $12 whether the attempt counted, $13 codes, $14 bodies.
-- Gives the epochs that were accepted.
with ended as (
  delete from qcexec.lease l
  using unnest(
    $1::uuid[], $2::bigint[], $3::smallint[], $4::smallint[], $5::smallint[], $6::smallint[],
    $7::smallint[], $8::real[], $9::double precision[], $10::text[], $11::text[], $12::boolean[],
    $13::text[], $14::bytea[]
  ) as i (
    worker_id, epoch, destination, queue_id, lane, attempt, delivery, cost, delay, reason, detail, counted, code, body
  )
  cross join lateral (
    select ctid as place from qcexec.lease where worker_id = i.worker_id and epoch = i.epoch offset 0
  ) found
  where l.ctid = found.place
  returning
    l.task_id, l.worker_id, l.epoch, l.priority, l.claimed_at, l.attempt as attempts_before,
    i.destination, i.queue_id, i.lane, i.attempt, i.delivery, i.cost, i.delay, i.reason, i.detail,
    i.counted, i.code, i.body
),
returned as (
  insert into qcexec.ready (queue_id, priority, lane, attempt, delivery, cost, bytes, seq, task_id)
  select
    e.queue_id, e.priority, e.lane, e.attempt, e.delivery, e.cost,
    (select octet_length(t.payload) from qcexec.task t where t.task_id = e.task_id),
    nextval('qcexec.ready_seq'), e.task_id
  from ended e where e.destination = 1
),
postponed as (
  insert into qcexec.scheduled (run_at, task_id, queue_id, priority, lane, attempt, delivery, cost, bytes)
  select
    now() + make_interval(secs => e.delay), e.task_id, e.queue_id, e.priority, e.lane, e.attempt, e.delivery, e.cost,
    (select octet_length(t.payload) from qcexec.task t where t.task_id = e.task_id)
  from ended e where e.destination = 2
),
failed as (
  insert into qcexec.result
    (task_id, worker_id, epoch, claimed_at, finished_at, attempt, outcome, code, body)
  select task_id, worker_id, epoch, claimed_at, now(), attempts_before + 1, 2, code, body
  from ended where destination = 3
),
history as (
  insert into qcexec.attempt
    (task_id, epoch, worker_id, attempt, claimed_at, ended_at, counted, reason, detail)
  select task_id, epoch, worker_id, attempts_before + 1, claimed_at, now(), counted, reason, detail
  from ended where reason is not null
)
select
  epoch,
  case when destination = 1 then queue_id end as ready_in
from ended;
