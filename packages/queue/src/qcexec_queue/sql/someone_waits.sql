-- Whether a task is in ready: $1 queue id.
select exists (select from qcexec.ready where queue_id = $1);
