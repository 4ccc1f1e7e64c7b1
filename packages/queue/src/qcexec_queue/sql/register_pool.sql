-- A worker's own account of its pool: $1 queue id, $2 slot memory, $3 rank.
insert into qcexec.pool as p (queue_id, slot_memory, rank)
values ($1, $2, $3)
on conflict (queue_id) do update
set slot_memory = excluded.slot_memory, rank = excluded.rank, updated_at = now()
where (p.slot_memory, p.rank) is distinct from (excluded.slot_memory, excluded.rank);
