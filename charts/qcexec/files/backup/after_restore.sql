-- The end of the transaction in which a dump is restored.
--
-- An epoch is never used again. Those that were given out since the dump are in no table, and a
-- worker that was cut off may still hold one: go on far beyond them.
select setval('qcexec.epoch_seq', nextval('qcexec.epoch_seq') + 1099511627776);
commit;
