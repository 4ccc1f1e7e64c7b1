"""PostgreSQL as the queue: its depth, its commits, its upkeep."""

from __future__ import annotations

from dashboards.panels import Dashboard, Kind, Panel, Query, Row, Unit
from dashboards.promql import in_an_hour, mean, one, quantile, rate, total

_VOLUME = 'namespace="$namespace",persistentvolumeclaim=~"data-.+-postgresql-0"'

_DEPTH = Row(
    "Queues",
    (
        Panel(
            "Tasks by state",
            "Ready for a worker, scheduled for a later attempt, running. Beyond a cap the number is"
            " an estimate.",
            Unit.COUNT,
            (Query(one("qcexec_queue_tasks", "queue", "state"), "{{queue}} {{state}}"),),
        ),
        Panel(
            "Longest wait",
            "Age of the oldest task that waits; 0 where none does.",
            Unit.SECONDS,
            (Query(one("qcexec_queue_oldest_age_seconds", "queue"), "{{queue}}"),),
        ),
        Panel(
            "Bytes that wait",
            "Circuits of the tasks that wait. Submissions are refused beyond api.maxQueuedBytes.",
            Unit.BYTES,
            (Query(one("qcexec_queue_bytes", "queue"), "{{queue}}"),),
        ),
        Panel(
            "Slots",
            "Slots of the live workers of each queue.",
            Unit.COUNT,
            (Query(one("qcexec_queue_slots", "queue"), "{{queue}}"),),
        ),
        Panel(
            "Served",
            "Whether a pool serves the queue. Tasks of one that none serves go to the pool with the"
            " largest slots after five minutes.",
            Unit.YES_OR_NO,
            (Query(one("qcexec_queue_served", "queue"), "{{queue}}"),),
            Kind.STATES,
        ),
        Panel(
            "Leases that ended without a result",
            "By reason, and where the tasks went.",
            Unit.TASKS_PER_SECOND,
            (
                Query(
                    rate("qcexec_leases_ended_total", "reason", "destination"),
                    "{{reason}} {{destination}}",
                ),
            ),
            quiet=True,
        ),
    ),
)

_COMMITS = Row(
    "Commits",
    (
        Panel(
            "Duration of an enqueue",
            "One commit, for all submissions that came while the one before was under way.",
            Unit.SECONDS,
            (
                Query(quantile(0.5, "qcexec_enqueue_seconds"), "p50"),
                Query(quantile(0.95, "qcexec_enqueue_seconds"), "p95"),
                Query(quantile(0.99, "qcexec_enqueue_seconds"), "p99"),
            ),
        ),
        Panel(
            "Submissions a commit",
            "How many tasks one enqueue stores, on average.",
            Unit.COUNT,
            (Query(mean("qcexec_enqueue_batch_tasks"), "tasks"),),
        ),
        Panel(
            "Duration of a claim",
            "What 95 and 99 of 100 claims do not exceed. It should not grow with the depth of the"
            " queue.",
            Unit.SECONDS,
            (
                Query(quantile(0.95, "qcexec_worker_claim_seconds"), "p95"),
                Query(quantile(0.99, "qcexec_worker_claim_seconds"), "p99"),
            ),
        ),
        Panel(
            "Connections of the API",
            "Connections by what they do, and how many there may be. When all are busy for long,"
            " requests wait for one.",
            Unit.COUNT,
            (
                Query(total("qcexec_database_connections", "state"), "{{state}}"),
                Query(total("qcexec_database_connections_limit"), "limit"),
            ),
        ),
        Panel(
            "Connections opened anew",
            "Connections that did not answer, or ended, by what they were for.",
            Unit.EVENTS_PER_SECOND,
            (Query(rate("qcexec_connections_replaced_total", "purpose"), "{{purpose}}"),),
            quiet=True,
        ),
        Panel(
            "Batches that were split",
            "Statements whose data PostgreSQL refused; their items were tried one by one.",
            Unit.EVENTS_PER_SECOND,
            (Query(rate("qcexec_batches_split_total", "statement"), "{{statement}}"),),
            quiet=True,
        ),
    ),
)

_DISK = Row(
    "Disk",
    (
        Panel(
            "Size of the database",
            "All of it on disk: tasks and results of the retention time, and what waits.",
            Unit.BYTES,
            (Query(one("qcexec_database_size_bytes"), "database"),),
        ),
        Panel(
            "Free space",
            "Of the chart's PostgreSQL, as the kubelet tells it; nothing with an external one.",
            Unit.RATIO,
            (
                Query(
                    "max by (persistentvolumeclaim)"
                    f" (kubelet_volume_stats_available_bytes{{{_VOLUME}}})"
                    " / max by (persistentvolumeclaim)"
                    f" (kubelet_volume_stats_capacity_bytes{{{_VOLUME}}})",
                    "{{persistentvolumeclaim}}",
                ),
            ),
        ),
        Panel(
            "Space in four days",
            "What would be free at the pace of the last six hours. Below 0 it is full by then.",
            Unit.BYTES,
            (
                Query(
                    "max by (persistentvolumeclaim) (predict_linear("
                    f"kubelet_volume_stats_available_bytes{{{_VOLUME}}}[6h], 345600))",
                    "{{persistentvolumeclaim}}",
                ),
            ),
        ),
    ),
)

_UPKEEP = Row(
    "Upkeep",
    (
        Panel(
            "Maintenance",
            "Which process looks after the queue: one at a time, any API process or worker.",
            Unit.YES_OR_NO,
            (Query(one("qcexec_maintenance_held", "pod"), "{{pod}}"),),
            Kind.STATES,
        ),
        Panel(
            "PostgreSQL answers",
            "As each API process sees it.",
            Unit.YES_OR_NO,
            (Query(one("qcexec_database_reachable", "pod"), "{{pod}}"),),
            Kind.STATES,
        ),
        Panel(
            "Steps that failed",
            "Steps of the maintenance that failed and are tried again.",
            Unit.EVENTS_PER_SECOND,
            (Query(rate("qcexec_maintenance_failures_total", "step"), "{{step}}"),),
            quiet=True,
        ),
        Panel(
            "Partitions",
            "Partitions that were made ahead, and those past the retention that were dropped, in an"
            " hour.",
            Unit.COUNT,
            (
                Query(in_an_hour("qcexec_partitions_made_total"), "made"),
                Query(in_an_hour("qcexec_partitions_retired_total"), "dropped"),
            ),
            quiet=True,
        ),
        Panel(
            "Workers that fell silent",
            "Workers whose heartbeat stopped, in an hour. Their tasks went back to the queue.",
            Unit.COUNT,
            (Query(in_an_hour("qcexec_workers_expired_total"), "workers"),),
            quiet=True,
        ),
        Panel(
            "Pools that went, tasks that moved",
            "Pools that nobody vouched for any more, and tasks that went to another queue because"
            " no pool served theirs, in an hour.",
            Unit.COUNT,
            (
                Query(in_an_hour("qcexec_pools_removed_total"), "pools"),
                Query(in_an_hour("qcexec_tasks_moved_total"), "tasks"),
            ),
            quiet=True,
        ),
    ),
)

QUEUE = Dashboard(
    uid="qcexec-queue",
    title="qcexec / PostgreSQL as the queue",
    description="Depth, commits, connections, disk and upkeep of the queue.",
    rows=(_DEPTH, _COMMITS, _DISK, _UPKEEP),
)
