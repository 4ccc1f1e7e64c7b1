-- Writes queue_stats: $1 how far depth is counted. Beyond it, depth is what
-- PostgreSQL believes to be live in ready, less what was counted exactly,
-- shared among the deep queues by the span of their sequence numbers. After a
-- crash it believes in nothing for a while; then the span itself, which holes
-- make too large, keeps the intake bounded.
with counted as materialized (
  select q.queue_id, r.depth, r.bytes, r.mean_cost, r.oldest_at
  from qcexec.queue q
  cross join lateral (
    select
      count(*) as depth, coalesce(sum(bytes), 0) as bytes, coalesce(avg(cost), 0) as mean_cost,
      min(qcexec.uuid7_moment(task_id)) as oldest_at
    from (
      select bytes, cost, task_id from qcexec.ready
      where queue_id = q.queue_id order by queue_id, priority, lane, seq limit $1
    ) head
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
    c.queue_id, d.queue_id is null as depth_exact, c.mean_cost, c.oldest_at,
    case when d.queue_id is null then c.depth
         when (select tuples from live) * d.share >= c.depth
           then ((select tuples from live) * d.share)::bigint
         else greatest(c.depth, d.span::bigint) end as depth,
    c.depth as counted_depth, c.bytes
  from counted c left join deep d on d.queue_id = c.queue_id
)
insert into qcexec.queue_stats as s
  (queue_id, depth, depth_exact, bytes, scheduled, running, oldest_at, mean_cost, updated_at)
select
  f.queue_id, f.depth, f.depth_exact,
  case when f.depth_exact then f.bytes else (f.bytes::numeric / f.counted_depth * f.depth)::bigint end,
  (select count(*) from qcexec.scheduled x where x.queue_id = f.queue_id),
  (select count(*) from qcexec.lease x where x.queue_id = f.queue_id),
  f.oldest_at, f.mean_cost, now()
from figures f
on conflict (queue_id) do update
set depth = excluded.depth, depth_exact = excluded.depth_exact, bytes = excluded.bytes,
    scheduled = excluded.scheduled, running = excluded.running, oldest_at = excluded.oldest_at,
    mean_cost = excluded.mean_cost, updated_at = excluded.updated_at;
