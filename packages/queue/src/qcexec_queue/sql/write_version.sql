insert into qcexec.schema_version (version, min_compatible) values ($1, $2)
on conflict (only_row) do update
set version = excluded.version, min_compatible = excluded.min_compatible, migrated_at = now();
