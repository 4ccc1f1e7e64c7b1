-- Workers that hold leases and have no row: dead since before anybody looked.
select distinct l.worker_id
from qcexec.lease l
where not exists (select from qcexec.worker w where w.worker_id = l.worker_id);
