-- $1 retention and $2 width of a partition, in seconds. New partitions get the
-- new width; those that are there keep theirs.
insert into qcexec.setting (retention, partition_width)
values (make_interval(secs => $1), make_interval(secs => $2))
on conflict (only_row) do update
set retention = excluded.retention, partition_width = excluded.partition_width;
