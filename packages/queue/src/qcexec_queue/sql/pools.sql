select queue_id, slot_memory, rank from qcexec.pool order by rank, slot_memory, queue_id;
