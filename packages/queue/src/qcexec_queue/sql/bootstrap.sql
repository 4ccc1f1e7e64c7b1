-- Where the schema says its version. Created before the first migration.
create schema if not exists qcexec;

create table if not exists qcexec.schema_version (
  only_row boolean primary key default true,
  version integer not null,
  min_compatible integer not null,
  migrated_at timestamptz not null default now(),
  constraint schema_version_one_row check (only_row)
);
