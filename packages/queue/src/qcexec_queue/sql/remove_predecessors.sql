-- Removes the rows of earlier processes of this pod: $1 pod uid, $2 this worker.
delete from qcexec.worker
where pod_uid = $1 and worker_id <> $2
returning worker_id;
