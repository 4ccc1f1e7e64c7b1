-- The beginning of the transaction in which a dump is restored: see backup.sh.
begin;
set local client_min_messages = warning;
set local lock_timeout = '5s';

-- Migrations wait until it is over.
select pg_advisory_xact_lock(hashtextextended('qcexec.migrate', 0));

select set_config('qcexec.app_role', :'app_role', true);
do $$
declare
  app text := current_setting('qcexec.app_role');
  sessions bigint;
begin
  select count(*) into sessions
  from pg_stat_activity
  where datname = current_database() and usename = app and pid <> pg_backend_pid();
  if sessions > 0 then
    raise exception 'API or workers are connected: % session(s) of %', sessions, app
      using hint = 'Scale them to 0, wait until their pods are gone, and start a new job.';
  end if;
end
$$;

-- Whatever is there, of whatever release.
drop schema if exists qcexec cascade;
