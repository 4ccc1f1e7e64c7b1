-- Accepts tasks: makes their ids from database time, and writes each task and
-- its ready row. Where asked, the commit also wakes the listeners.
-- $1 payloads, $2 queue ids, $3 priorities, $4 costs, $5 traceparents,
-- $6 queue ids to wake, $7 random halves of the ids. Gives task ids in the order
-- of the input.
with input as materialized (
  select qcexec.uuid7(m.prefix, u.position, $7::bytea) as task_id, u.*
  from (select qcexec.uuid7_prefix(clock_timestamp()) as prefix offset 0) m
  cross join unnest($1::bytea[], $2::smallint[], $3::smallint[], $4::real[], $5::text[])
    with ordinality as u (payload, queue_id, priority, cost, traceparent, position)
),
submitted as (
  insert into qcexec.task (task_id, queue_id, priority, cost, payload, traceparent)
  select task_id, queue_id, priority, cost, payload, traceparent from input
),
queued as (
  insert into qcexec.ready (queue_id, priority, lane, attempt, delivery, cost, bytes, seq, task_id)
  select queue_id, priority, 2, 0, 0, cost, octet_length(payload), nextval('qcexec.ready_seq'), task_id
  from input
)
select
  array_agg(task_id order by position) as task_ids,
  (select count(pg_notify('qcexec_ready_' || w.queue_id, '')) from unnest($6::smallint[]) as w (queue_id)) as woken
from input;
