-- min_compatible: 1
--
-- What an operator needs to give each queue as many workers as it has work for:
-- what the waiting tasks cost, what workers have run and since when they are
-- idle, and until when a pool is vouched for.

set local lock_timeout = '300ms';

alter table qcexec.queue_stats
  add column cost_tasks integer[] not null default '{}',
  add column cost_sums real[] not null default '{}',
  add column next_due_at timestamptz,
  add column served boolean not null default true;

comment on column qcexec.queue_stats.cost_tasks is
  'Of the tasks that were counted, how many have costs between two neighbouring powers of two.';
comment on column qcexec.queue_stats.cost_sums is 'Their costs, summed: of the same length and order.';
comment on column qcexec.queue_stats.next_due_at is 'When the next task in scheduled is due.';
comment on column qcexec.queue_stats.served is 'Whether a pool serves the queue: it has a row in pool.';

alter table qcexec.worker
  add column tasks_done bigint not null default 0,
  add column seconds_done double precision not null default 0,
  add column squares_done double precision not null default 0,
  add column cost_done double precision not null default 0,
  add column idle_since timestamptz;

comment on column qcexec.worker.tasks_done is 'Tasks that have ended in its slots since its start, however they ended.';
comment on column qcexec.worker.seconds_done is 'How long those ran, summed.';
comment on column qcexec.worker.squares_done is 'The squares of those times, summed.';
comment on column qcexec.worker.cost_done is 'The costs that those carried, summed.';
comment on column qcexec.worker.idle_since is 'Since when nothing runs; none while something does.';

alter table qcexec.pool
  add column live_at timestamptz not null default now();

comment on table qcexec.pool is
  'The pools that run what is passed on to them: each has workers, or an operator that can wake some.';
comment on column qcexec.pool.live_at is 'When one of those was last known to be there.';
