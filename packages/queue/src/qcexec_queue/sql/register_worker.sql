-- $1 worker, $2 queue id, $3 pod uid, $4 pod, $5 node, $6 release, $7 slots,
-- $8 slot memory. A worker whose row was removed while it was away comes back
-- under its own id: its old leases are gone, and epochs fence what it still runs.
insert into qcexec.worker as w
  (worker_id, queue_id, pod_uid, pod, node, release, slots, slot_memory)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (worker_id) do update set heartbeat_at = now()
returning heartbeat_at;
