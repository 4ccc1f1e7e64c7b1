-- Each queue with its figures, as last written, and its workers, counted. The
-- columns are the fields of QueueFigures.
select
  q.name as queue, s.depth as ready, s.scheduled, s.running, s.bytes,
  coalesce(greatest(extract(epoch from now() - s.oldest_at), 0), 0)::double precision as oldest_seconds,
  s.served, w.claiming, w.draining, w.slots
from qcexec.queue_stats s
join qcexec.queue q on q.queue_id = s.queue_id
cross join lateral (
  select
    count(*) filter (where draining_at is null) as claiming,
    count(*) filter (where draining_at is not null) as draining,
    coalesce(sum(slots), 0)::bigint as slots
  from qcexec.worker where queue_id = q.queue_id
) w
order by q.name;
