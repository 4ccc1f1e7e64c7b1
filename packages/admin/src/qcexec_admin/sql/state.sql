-- What holds for the database as a whole. An epoch in use must not lie ahead of its
-- sequence, nor a place in ready: after a careless restore both would be given out
-- again.
select
  now() as at, pg_is_in_recovery() as standby, v.version, v.min_compatible,
  date_part('epoch', s.partition_width) as width_seconds,
  date_part('epoch', (select max(upper_bound) from qcexec.partition_range) - now()) as ahead_seconds,
  exists (select from qcexec.partition_range where lower_bound <= now() and now() < upper_bound) as covered,
  coalesce(pg_sequence_last_value('qcexec.epoch_seq'), 0)
    < coalesce((select max(epoch) from qcexec.lease), 0) as epochs_repeat,
  coalesce(pg_sequence_last_value('qcexec.ready_seq'), 0)
    < coalesce((
      select max(head.seq)
      from qcexec.queue q
      cross join generate_series(0, 3) priority
      cross join generate_series(0, 2) lane
      cross join lateral (
        select seq from qcexec.ready r
        where r.queue_id = q.queue_id and r.priority = priority.priority and r.lane = lane.lane
        order by seq desc limit 1
      ) head
    ), 0) as places_repeat
from qcexec.schema_version v
left join qcexec.setting s on true;
