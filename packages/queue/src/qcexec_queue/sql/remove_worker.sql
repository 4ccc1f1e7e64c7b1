-- A worker leaves, its leases ended: $1 worker.
delete from qcexec.worker where worker_id = $1;
