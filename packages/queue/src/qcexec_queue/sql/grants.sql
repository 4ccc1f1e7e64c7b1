-- What the app role may do: rows of its tables, and two functions. Submissions,
-- results and history are never changed by it. The role's name is in the
-- setting qcexec.app_role.
do $$
declare
  app text := current_setting('qcexec.app_role');
begin
  execute format('grant usage on schema qcexec to %I', app);
  execute format('grant usage on sequence qcexec.ready_seq, qcexec.epoch_seq to %I', app);
  execute format('grant select, insert on qcexec.task, qcexec.result, qcexec.attempt, qcexec.queue to %I', app);
  execute format('grant select, insert, delete on qcexec.ready, qcexec.scheduled, qcexec.lease to %I', app);
  -- Locking rows (for update skip locked) asks for the right to update a column.
  execute format('grant update (lane) on qcexec.ready, qcexec.scheduled to %I', app);
  execute format('grant select, insert, update, delete on qcexec.worker, qcexec.pool, qcexec.queue_stats to %I', app);
  execute format('grant select on qcexec.schema_version, qcexec.setting, qcexec.partition_range to %I', app);
  execute format('grant execute on function qcexec.make_partitions(), qcexec.retire_partition() to %I', app);
end
$$;
