-- Somebody can wake a pool: $1 queue id, $2 slot memory, $3 rank, which count
-- where the pool is not known yet. Writes nothing within 5 s of the last sign.
insert into qcexec.pool (queue_id, slot_memory, rank)
select $1, $2, $3
where not exists (select from qcexec.pool where queue_id = $1 and live_at > now() - interval '5 seconds')
on conflict (queue_id) do update set live_at = excluded.live_at;
