-- A worker's own account of its pool: $1 queue id, $2 slot memory, $3 rank.
insert into qcexec.pool as p (queue_id, slot_memory, rank)
values ($1, $2, $3)
on conflict (queue_id) do update
set slot_memory = excluded.slot_memory, rank = excluded.rank, live_at = excluded.live_at,
    updated_at = case when (p.slot_memory, p.rank) is distinct from (excluded.slot_memory, excluded.rank)
                      then now() else p.updated_at end;
