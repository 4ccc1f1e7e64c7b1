-- Tables that ranges of time should have and that are not there, or not attached.
select parent.name || '_' || r.suffix as name
from qcexec.partition_range r
cross join (values ('task'), ('result'), ('attempt')) parent (name)
where not (parent.name = 'task' and r.task_dropped)
  and not exists (
    select from pg_inherits i
    where i.inhparent = format('qcexec.%I', parent.name)::regclass
      and i.inhrelid = to_regclass(format('qcexec.%I', parent.name || '_' || r.suffix))
  )
order by r.lower_bound, parent.name;
