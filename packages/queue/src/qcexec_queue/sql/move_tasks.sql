-- Moves tasks from ready of a queue that no pool serves to one that a pool does,
-- and wakes its listeners with the same commit: $1 from, $2 to, $3 at most. They
-- come back, uncounted and in their order, before what is new there.
with head as materialized (
  select ctid as place from qcexec.ready
  where queue_id = $1
    and not exists (select from qcexec.pool where queue_id = $1)
    and exists (select from qcexec.pool where queue_id = $2)
  order by queue_id, priority, lane, seq limit $3
  for update skip locked
),
moved as (
  delete from qcexec.ready where ctid = any (array(select place from head))
  returning priority, lane, seq, attempt, delivery, cost, bytes, task_id
),
returned as (
  insert into qcexec.ready (queue_id, priority, lane, attempt, delivery, cost, bytes, seq, task_id)
  select $2, priority, least(lane, 1), attempt, delivery, cost, bytes, nextval('qcexec.ready_seq'), task_id
  from (select * from moved order by priority, lane, seq) m
)
select
  count(*) as moved, (select name from qcexec.queue where queue_id = $2) as "to",
  (select count(pg_notify('qcexec_ready_' || $2::smallint, '')) where exists (select from moved)) as woken
from moved;
