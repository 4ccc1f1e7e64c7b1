-- $1 worker. Only once its last claim has returned. A drain that was taken back
-- meanwhile is not acknowledged.
update qcexec.worker set drained_at = coalesce(drained_at, now())
where worker_id = $1 and draining_at is not null
returning drained_at;
