-- min_compatible: 1
--
-- The queue: what was submitted (task), where it waits (ready, scheduled), who
-- has it (lease), what came of it (result, attempt), who works (worker), and
-- the figures that others read (queue_stats).
--
-- Every accepted task is in exactly one of ready, scheduled, lease and result.
-- Rows of the hot path are inserted and deleted, never updated: a claim costs
-- the same at any depth, after any churn, and under a held snapshot. Their wide
-- columns come first, so that no padding goes to the write-ahead log.

set local lock_timeout = '300ms';

create sequence qcexec.ready_seq;
create sequence qcexec.epoch_seq;

comment on sequence qcexec.ready_seq is
  'Order of arrival in ready. What comes back gets a new number.';
comment on sequence qcexec.epoch_seq is
  'Fencing tokens: one per claim of a task, never used again.';

-- The first half of an id after RFC 9562, version 7, as a number: 48 bits of
-- milliseconds, the version, and 12 bits left at zero for a counter (its section
-- 6.2, method 1): the position in the statement, which keeps neighbours together.
create function qcexec.uuid7_prefix(moment timestamptz) returns bigint
  language sql immutable parallel safe
  return floor(extract(epoch from moment) * 1000)::bigint << 16 | x'7000'::integer;

-- The id at a position, from 1 to 4095, of a statement. The second halves, eight
-- bytes each with the variant in their first two bits, come from the random source
-- of the process that submits: the server's own costs three microseconds an id.
create function qcexec.uuid7(prefix bigint, position_in_statement bigint, halves bytea) returns uuid
  language sql immutable parallel safe
  return encode(
    int8send(prefix + position_in_statement)
    || substring(halves from (8 * position_in_statement - 7)::integer for 8),
    'hex'
  )::uuid;

-- The smallest id of a moment: a bound for ranges.
create function qcexec.uuid7_floor(moment timestamptz) returns uuid
  language sql immutable parallel safe
  return encode(int8send(qcexec.uuid7_prefix(moment)) || '\x8000000000000000'::bytea, 'hex')::uuid;

-- The moment, in whole milliseconds, at which uuid7 made an id.
create function qcexec.uuid7_moment(id uuid) returns timestamptz
  language sql immutable parallel safe
  return to_timestamp(
    ('x0000' || substr(replace(id::text, '-', ''), 1, 12))::bit(64)::bigint / 1000.0
  );

create table qcexec.queue (
  queue_id smallint generated always as identity primary key,
  name text not null unique,
  constraint queue_name_shape check (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$')
);

comment on table qcexec.queue is 'Names of queues. Rows are made when first needed and stay.';

create table qcexec.pool (
  queue_id smallint primary key,
  slot_memory bigint not null,
  rank integer not null default 0,
  updated_at timestamptz not null default now(),
  constraint pool_slot_memory_positive check (slot_memory > 0)
);

comment on table qcexec.pool is
  'The workers that serve one queue, those asleep too. Written by the operator, or by each worker for itself.';
comment on column qcexec.pool.slot_memory is 'Bytes of memory that one slot of this pool has.';
comment on column qcexec.pool.rank is 'Where a task does not fit, it goes to the lowest rank that it fits.';

create table qcexec.task (
  task_id uuid not null,
  queue_id smallint not null,
  priority smallint not null,
  cost real not null,
  payload bytea not null,
  traceparent text,
  constraint task_pkey primary key (task_id),
  constraint task_payload_size check (octet_length(payload) <= 33554432),
  constraint task_traceparent_size check (octet_length(traceparent) <= 256)
) partition by range (task_id);

comment on table qcexec.task is 'What was submitted. Never changed.';
comment on column qcexec.task.cost is 'Expected CPU-seconds, as estimated at submission.';
comment on column qcexec.task.payload is 'Opaque to the queue.';
comment on column qcexec.task.traceparent is 'W3C trace context of the request that submitted it.';

create table qcexec.result (
  task_id uuid not null,
  worker_id uuid,
  epoch bigint not null,
  claimed_at timestamptz not null,
  finished_at timestamptz not null,
  attempt smallint not null,
  outcome smallint not null,
  code text,
  body bytea not null,
  constraint result_pkey primary key (task_id),
  constraint result_outcome_known check (outcome in (1, 2, 3)),
  constraint result_code_of_failures check ((outcome = 1) = (code is null)),
  constraint result_body_size check (octet_length(body) <= 67108864)
) partition by range (task_id);

create index result_finished_at_brin on qcexec.result using brin (finished_at) with (autosummarize = on);

comment on table qcexec.result is 'How a task ended: once, and never changed.';
comment on column qcexec.result.attempt is 'Which attempt ended it, from 1; earlier ones are in attempt.';
comment on column qcexec.result.outcome is '1 completed, 2 failed, 3 cancelled.';
comment on column qcexec.result.code is 'Machine code of what went wrong; none for a completed task.';
comment on column qcexec.result.body is 'JSON as it is sent to the client: counts, or a message.';

create table qcexec.attempt (
  task_id uuid not null,
  epoch bigint not null,
  worker_id uuid not null,
  attempt smallint not null,
  claimed_at timestamptz not null,
  ended_at timestamptz not null,
  counted boolean not null,
  reason text not null,
  detail text,
  constraint attempt_pkey primary key (task_id, epoch)
) partition by range (task_id);

comment on table qcexec.attempt is 'Attempts that did not end in a result.';
comment on column qcexec.attempt.counted is 'Whether it counts towards the greatest number of attempts.';

create table qcexec.ready (
  seq bigint not null,
  task_id uuid not null,
  cost real not null,
  bytes integer not null,
  queue_id smallint not null,
  priority smallint not null,
  lane smallint not null,
  attempt smallint not null,
  delivery smallint not null,
  constraint ready_pkey primary key (queue_id, priority, lane, seq),
  constraint ready_priority_known check (priority between 0 and 3),
  constraint ready_lane_known check (lane between 0 and 2)
) with (
  autovacuum_vacuum_scale_factor = 0.01,
  autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_insert_scale_factor = 0.05,
  autovacuum_vacuum_cost_delay = 0
);

comment on table qcexec.ready is 'Tasks that wait for a worker, in the order in which they are claimed.';
comment on column qcexec.ready.priority is '0 urgent, 1 high, 2 normal, 3 low.';
comment on column qcexec.ready.lane is '0 suspect, 1 returned, 2 fresh: what comes back is claimed before what is new.';
comment on column qcexec.ready.attempt is 'Attempts so far that counted.';
comment on column qcexec.ready.delivery is 'Times that it was handed out and came back uncounted.';
comment on column qcexec.ready.cost is 'Expected CPU-seconds.';
comment on column qcexec.ready.bytes is 'Size of the payload.';

create table qcexec.scheduled (
  run_at timestamptz not null,
  task_id uuid not null,
  queue_id smallint not null,
  priority smallint not null,
  lane smallint not null,
  attempt smallint not null,
  delivery smallint not null,
  cost real not null,
  bytes integer not null,
  constraint scheduled_pkey primary key (run_at, task_id)
);

comment on table qcexec.scheduled is 'Tasks that wait for a moment; maintenance moves what is due to ready.';

create table qcexec.lease (
  worker_id uuid not null,
  epoch bigint not null,
  claimed_at timestamptz not null,
  task_id uuid not null,
  cost real not null,
  queue_id smallint not null,
  priority smallint not null,
  lane smallint not null,
  attempt smallint not null,
  delivery smallint not null,
  constraint lease_pkey primary key (worker_id, epoch)
) with (
  autovacuum_vacuum_scale_factor = 0.01,
  autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_cost_delay = 0
);

comment on table qcexec.lease is
  'Tasks that a worker has. A lease lives while its worker''s heartbeat does and names its epoch.';

create table qcexec.worker (
  worker_id uuid primary key,
  queue_id smallint not null,
  pod_uid text,
  pod text,
  node text,
  release text not null,
  slots integer not null,
  busy integer not null default 0,
  slot_memory bigint not null,
  started_at timestamptz not null default now(),
  heartbeat_at timestamptz not null default now(),
  draining_at timestamptz,
  drained_at timestamptz
) with (fillfactor = 50);

comment on table qcexec.worker is 'One row per start of a worker process.';
comment on column qcexec.worker.pod_uid is 'Processes of one pod follow one another: a new one releases what earlier ones left.';
comment on column qcexec.worker.draining_at is 'When it was asked to claim no more.';
comment on column qcexec.worker.drained_at is 'When it acknowledged that, after its last claim had returned.';

create table qcexec.queue_stats (
  queue_id smallint primary key,
  depth bigint not null,
  depth_exact boolean not null,
  bytes bigint not null,
  scheduled bigint not null,
  running bigint not null,
  oldest_at timestamptz,
  mean_cost real not null,
  updated_at timestamptz not null
) with (fillfactor = 50);

comment on table qcexec.queue_stats is 'Figures of each queue, written by the process that holds the maintenance lock.';
comment on column qcexec.queue_stats.depth is 'Tasks in ready; beyond a cap an estimate.';
comment on column qcexec.queue_stats.oldest_at is 'When the oldest task in ready was submitted.';

create table qcexec.setting (
  only_row boolean primary key default true,
  retention interval not null,
  partition_width interval not null,
  constraint setting_one_row check (only_row),
  constraint setting_retention_positive check (retention > interval '0'),
  constraint setting_width_positive check (partition_width > interval '0')
);

comment on table qcexec.setting is 'Written by migrate alone.';

create table qcexec.partition_range (
  lower_bound timestamptz primary key,
  upper_bound timestamptz not null unique,
  suffix text not null unique,
  task_dropped boolean not null default false
);

comment on table qcexec.partition_range is 'Ranges of time for which task, result and attempt have partitions.';

-- Makes the partitions that are missing, up to two widths ahead. Each is made
-- as a table of its own and attached: that blocks no reader and no writer. It
-- waits for others who change the tables, and not for long: its caller has more to do.
create function qcexec.make_partitions() returns integer
  language plpgsql
  security definer
  set search_path = pg_catalog, pg_temp
  set lock_timeout = '1s'
as $$
declare
  width interval;
  seconds numeric;
  lower_moment timestamptz;
  upper_moment timestamptz;
  suffix text;
  parent text;
  made integer := 0;
begin
  perform pg_advisory_xact_lock(hashtextextended('qcexec.partitions', 0));
  select s.partition_width into strict width from qcexec.setting s;
  seconds := extract(epoch from width);
  select max(p.upper_bound) into lower_moment from qcexec.partition_range p;
  if lower_moment is null then
    lower_moment := to_timestamp((floor(extract(epoch from now()) / seconds) - 1) * seconds);
  elsif lower_moment < now() then
    -- Nobody was here for a while: the range that holds this moment comes next.
    lower_moment := lower_moment
      + make_interval(secs => (floor(extract(epoch from now() - lower_moment) / seconds) * seconds)::double precision);
  end if;
  while lower_moment < now() + 2 * width loop
    upper_moment := lower_moment + width;
    suffix := to_char(lower_moment at time zone 'UTC', 'YYYYMMDD"t"HH24MISSMS');
    foreach parent in array array['task', 'result', 'attempt'] loop
      execute format(
        'create table qcexec.%I (like qcexec.%I including defaults including constraints including indexes including storage)',
        parent || '_' || suffix, parent
      );
      execute format(
        'alter table qcexec.%I attach partition qcexec.%I for values from (%L) to (%L)',
        parent, parent || '_' || suffix, qcexec.uuid7_floor(lower_moment), qcexec.uuid7_floor(upper_moment)
      );
    end loop;
    insert into qcexec.partition_range (lower_bound, upper_bound, suffix)
    values (lower_moment, upper_moment, suffix);
    made := made + 1;
    lower_moment := upper_moment;
  end loop;
  return made;
end
$$;

-- One step towards dropping what is older than the retention: tells what it
-- did, so that the caller commits and asks again. 'idle': nothing to drop.
-- 'held': each old range still has a task in the queue or a young result.
-- 'busy': somebody reads the table; try again later. 'task', 'result': dropped.
--
-- A task that is in neither ready, scheduled nor lease never returns there, so
-- what the check finds stays true. Tasks go before results, or a finished task
-- would read as pending. What it looks for has no index but a BRIN one, so it
-- may read as it likes, whatever its caller's session forbids.
create function qcexec.retire_partition() returns text
  language plpgsql
  security definer
  set search_path = pg_catalog, pg_temp
  set lock_timeout = '100ms'
  set enable_seqscan = on
  set enable_bitmapscan = on
as $$
declare
  doomed qcexec.partition_range;
  horizon timestamptz;
  held boolean;
  outcome text := 'idle';
begin
  select now() - s.retention into strict horizon from qcexec.setting s;
  for doomed in
    select p.* from qcexec.partition_range p
    where p.upper_bound <= horizon order by p.lower_bound for update skip locked
  loop
    if doomed.task_dropped then
      execute format('alter table qcexec.attempt detach partition qcexec.%I', 'attempt_' || doomed.suffix);
      execute format('alter table qcexec.result detach partition qcexec.%I', 'result_' || doomed.suffix);
      execute format('drop table qcexec.%I', 'attempt_' || doomed.suffix);
      execute format('drop table qcexec.%I', 'result_' || doomed.suffix);
      delete from qcexec.partition_range where lower_bound = doomed.lower_bound;
      return 'result';
    end if;
    execute format(
      'select exists (select from qcexec.ready where task_id >= $1 and task_id < $2)
           or exists (select from qcexec.scheduled where task_id >= $1 and task_id < $2)
           or exists (select from qcexec.lease where task_id >= $1 and task_id < $2)
           or exists (select from qcexec.%I where finished_at > $3)',
      'result_' || doomed.suffix
    ) into held using qcexec.uuid7_floor(doomed.lower_bound), qcexec.uuid7_floor(doomed.upper_bound), horizon;
    if not held then
      execute format('alter table qcexec.task detach partition qcexec.%I', 'task_' || doomed.suffix);
      execute format('drop table qcexec.%I', 'task_' || doomed.suffix);
      update qcexec.partition_range set task_dropped = true where lower_bound = doomed.lower_bound;
      return 'task';
    end if;
    outcome := 'held';
  end loop;
  return outcome;
exception
  when lock_not_available then
    return 'busy';
end
$$;

revoke all on function qcexec.make_partitions() from public;
revoke all on function qcexec.retire_partition() from public;
