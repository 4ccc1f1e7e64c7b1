-- Pools with workers are alive. Writes nothing within 5 s of the last sign.
update qcexec.pool p set live_at = now()
where live_at < now() - interval '5 seconds'
  and exists (select from qcexec.worker w where w.queue_id = p.queue_id);
