-- Moves what is due from scheduled to ready, at most $1 at once, and wakes the
-- listeners of those queues with the same commit.
with due as materialized (
  select run_at, task_id from qcexec.scheduled
  where run_at <= now()
  order by run_at, task_id limit $1
  for update skip locked
),
moved as (
  delete from qcexec.scheduled s using due d
  where s.run_at = d.run_at and s.task_id = d.task_id
  returning s.*
),
returned as (
  insert into qcexec.ready (queue_id, priority, lane, attempt, delivery, cost, bytes, seq, task_id)
  select queue_id, priority, lane, attempt, delivery, cost, bytes, nextval('qcexec.ready_seq'), task_id
  from moved
)
select
  count(*) as moved,
  (select count(pg_notify('qcexec_ready_' || queue_id, '')) from (select distinct queue_id from moved) q) as woken
from moved;
