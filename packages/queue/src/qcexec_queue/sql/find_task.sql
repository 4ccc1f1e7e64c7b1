-- $1 task id. A task without a result is pending; a result whose task is gone
-- is past its retention.
select t.task_id, r.outcome, r.code, r.body
from qcexec.task t left join qcexec.result r on r.task_id = $1
where t.task_id = $1;
