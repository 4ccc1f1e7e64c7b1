select queue_id from qcexec.queue where name = $1;
