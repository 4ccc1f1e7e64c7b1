-- Writes queue_stats: $1 how far depth is counted. Beyond it, depth is what
-- PostgreSQL believes to be live in ready, less what was counted exactly,
-- shared among the deep queues by the span of their sequence numbers. After a
-- crash it believes in nothing for a while; then the span itself, which holes
-- make too large, keeps the intake bounded.
--
-- What was counted is told by classes of cost, each from one power of two to the
-- next; what costs as good as nothing is one class. Ids are in the order of their
-- moments, as text, too.
with counted as materialized (
  select q.queue_id, r.*
  from qcexec.queue q
  cross join lateral (
    select
      coalesce(sum(tasks), 0)::bigint as depth, coalesce(sum(bytes), 0)::bigint as bytes,
      coalesce(sum(cost) / sum(tasks), 0) as mean_cost,
      qcexec.uuid7_moment(min(oldest)::uuid) as oldest_at,
      coalesce(array_agg(tasks::integer order by class), '{}') as cost_tasks,
      coalesce(array_agg(least(cost, 1e38)::real order by class), '{}') as cost_sums
    from (
      select
        case when cost > 1e-30 then floor(ln(cost::double precision) / ln(2::double precision)) else -100 end as class,
        count(*) as tasks, sum(bytes) as bytes, sum(cost::double precision) as cost, min(task_id::text) as oldest
      from (
        select bytes, cost, task_id from qcexec.ready
        where queue_id = q.queue_id order by queue_id, priority, lane, seq limit $1
      ) head
      group by 1
    ) classes
  ) r
),
deep as materialized (
  select c.queue_id, s.span, greatest(s.span, 1)::numeric / sum(greatest(s.span, 1)) over () as share
  from counted c
  cross join lateral (
    select sum(span.last_seq - span.first_seq + 1) as span
    from (
      select
        (select seq from qcexec.ready where queue_id = c.queue_id and priority = p and lane = l
         order by seq limit 1) as first_seq,
        (select seq from qcexec.ready where queue_id = c.queue_id and priority = p and lane = l
         order by seq desc limit 1) as last_seq
      from generate_series(0, 3) p cross join generate_series(0, 2) l
    ) span
  ) s
  where c.depth >= $1
),
live as (
  select greatest(
    pg_stat_get_live_tuples('qcexec.ready'::regclass),
    (select reltuples::bigint from pg_class where oid = 'qcexec.ready'::regclass),
    0
  ) - (select coalesce(sum(depth), 0) from counted where depth < $1) as tuples
),
figures as (
  select
    c.queue_id, d.queue_id is null as depth_exact, c.mean_cost, c.oldest_at, c.cost_tasks, c.cost_sums,
    case when d.queue_id is null then c.depth
         when (select tuples from live) * d.share >= c.depth
           then ((select tuples from live) * d.share)::bigint
         else greatest(c.depth, d.span::bigint) end as depth,
    c.depth as counted_depth, c.bytes
  from counted c left join deep d on d.queue_id = c.queue_id
)
insert into qcexec.queue_stats as s
  (queue_id, depth, depth_exact, bytes, scheduled, running, oldest_at, mean_cost, cost_tasks, cost_sums,
   next_due_at, served, updated_at)
select
  f.queue_id, f.depth, f.depth_exact,
  case when f.depth_exact then f.bytes else (f.bytes::numeric / f.counted_depth * f.depth)::bigint end,
  later.scheduled,
  (select count(*) from qcexec.lease x where x.queue_id = f.queue_id),
  f.oldest_at, f.mean_cost, f.cost_tasks, f.cost_sums, later.next_due_at,
  exists (select from qcexec.pool p where p.queue_id = f.queue_id),
  now()
from figures f
cross join lateral (
  select count(*) as scheduled, min(run_at) as next_due_at from qcexec.scheduled x where x.queue_id = f.queue_id
) later
on conflict (queue_id) do update
set depth = excluded.depth, depth_exact = excluded.depth_exact, bytes = excluded.bytes,
    scheduled = excluded.scheduled, running = excluded.running, oldest_at = excluded.oldest_at,
    mean_cost = excluded.mean_cost, cost_tasks = excluded.cost_tasks, cost_sums = excluded.cost_sums,
    next_due_at = excluded.next_due_at, served = excluded.served, updated_at = excluded.updated_at;
