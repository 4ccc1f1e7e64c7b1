-- The workers of pods: $1 pod uids. Their rows are locked, in one order for all.
select worker_id, pod_uid, draining_at is null as claims
from qcexec.worker
where pod_uid = any ($1::text[])
order by worker_id
for no key update;
