-- All workers, with what each has run and holds, and database time; where there
-- is no worker that alone, in one row. Of the leases of a worker, the earliest
-- are told one by one, as many as it has slots: those run, the rest waits.
select moment.at, f.*
from (select now() as at) moment
left join (
  select
    w.worker_id, q.name as queue, w.pod_uid, w.pod, w.node, w.slots, w.slot_memory, w.started_at, w.heartbeat_at,
    w.idle_since, w.draining_at, w.drained_at, w.tasks_done, w.seconds_done, w.squares_done, w.cost_done,
    l.leases, l.costs, l.seconds
  from qcexec.worker w
  join qcexec.queue q on q.queue_id = w.queue_id
  cross join lateral (
    select
      count(*) as leases,
      coalesce((array_agg(cost))[1:w.slots], '{}') as costs,
      coalesce((array_agg(date_part('epoch', now() - claimed_at)))[1:w.slots], '{}') as seconds
    from (
      select cost, claimed_at from qcexec.lease where worker_id = w.worker_id order by epoch offset 0
    ) held
  ) l
) f on true;
