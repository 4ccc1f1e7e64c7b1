-- Removes the pools that have no worker and whose last sign of life is older than
-- $1 seconds. PostgreSQL's own start counts as a sign of everybody. Gives the names
-- of their queues.
delete from qcexec.pool p using qcexec.queue q
where q.queue_id = p.queue_id
  and greatest(p.live_at, pg_postmaster_start_time()) < now() - make_interval(secs => $1::double precision)
  and not exists (select from qcexec.worker w where w.queue_id = p.queue_id)
returning q.name;
