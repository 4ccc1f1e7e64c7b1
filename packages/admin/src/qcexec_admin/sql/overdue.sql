-- Tasks that were due in scheduled longer than $1 seconds ago, the longest for how long.
select count(*) as tasks, date_part('epoch', now() - min(run_at)) as seconds
from qcexec.scheduled
where run_at < now() - make_interval(secs => $1::double precision);
