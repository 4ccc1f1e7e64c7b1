-- Moves what is due from scheduled to ready, at most $1 at once, and wakes the
-- listeners of those queues with the same commit.
with due as materialized (
  select ctid as place from qcexec.scheduled
  where run_at <= now()
  order by run_at, task_id limit $1
  for update skip locked
),
moved as (
  delete from qcexec.scheduled where ctid = any (array(select place from due))
  returning *
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
