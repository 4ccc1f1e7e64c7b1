select
  q.name, s.depth, s.depth_exact, s.bytes, s.scheduled, s.running, s.mean_cost, s.cost_tasks, s.cost_sums, s.served,
  extract(epoch from now() - s.oldest_at)::double precision as oldest_seconds,
  extract(epoch from s.next_due_at - now())::double precision as next_due_seconds,
  extract(epoch from now() - s.updated_at)::double precision as age_seconds
from qcexec.queue_stats s join qcexec.queue q on q.queue_id = s.queue_id;
