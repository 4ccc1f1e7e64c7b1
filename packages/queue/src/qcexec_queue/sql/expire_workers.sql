-- Removes the workers whose last heartbeat is older than $1 seconds. PostgreSQL's
-- own start counts as a heartbeat of everybody: an outage kills nobody.
delete from qcexec.worker
where greatest(heartbeat_at, pg_postmaster_start_time()) < now() - make_interval(secs => $1::double precision)
returning worker_id, pod_uid, pod, node, heartbeat_at;
