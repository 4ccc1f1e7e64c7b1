-- How many tasks were submitted in the last $1 seconds, counted up to $2: an id tells
-- its moment.
select count(*)
from (
  select from qcexec.task
  where task_id >= qcexec.uuid7_floor(now() - make_interval(secs => $1::double precision))
  limit $2::integer
) recent;
