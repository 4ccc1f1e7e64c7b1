-- Asks workers to claim no more ($2), or to go on ($2 false): $1 worker ids.
update qcexec.worker
set draining_at = case when $2::boolean then coalesce(draining_at, now()) end,
    drained_at = case when $2::boolean then drained_at end
where worker_id = any ($1::uuid[])
returning worker_id, (select pg_notify('qcexec_worker', '')) as woken;
