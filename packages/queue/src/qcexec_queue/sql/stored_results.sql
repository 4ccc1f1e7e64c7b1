-- Which of these completions are stored: $1 task ids, $2 epochs. Asked after a
-- miss, as a statement of its own: in the statement that missed, a repeat that
-- waited for its first try sees neither the lease nor the result.
select r.epoch
from unnest($1::uuid[], $2::bigint[]) as i (task_id, epoch)
cross join lateral (
  select task_id, epoch from qcexec.result where task_id = i.task_id and epoch = i.epoch offset 0
) r;
