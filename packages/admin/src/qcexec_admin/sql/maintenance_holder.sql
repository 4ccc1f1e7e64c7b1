-- Who holds an advisory lock of this database: $1 its name. Where the session is
-- another role's, PostgreSQL tells that there is one and no more of it.
select
  l.pid, a.application_name as application, host(a.client_addr) as address,
  date_part('epoch', now() - a.backend_start) as connected_seconds
from pg_locks l
left join pg_stat_activity a on a.pid = l.pid
where l.locktype = 'advisory' and l.granted and l.objsubid = 1
  and l.database = (select oid from pg_database where datname = current_database())
  and (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended($1, 0)
limit 1;
