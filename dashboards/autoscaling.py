"""What the operator saw, wanted and did."""

from __future__ import annotations

from dashboards.panels import Dashboard, Kind, Panel, Query, Row, Unit
from dashboards.promql import one, quantile, rate

_LIMITED, _NOT_LIMITED = 'type="ScalingLimited"', 'type!="ScalingLimited"'

_SEEN = Row(
    "What the operator saw",
    (
        Panel(
            "Longest wait and target",
            "For how long the oldest task of each pool has waited, and how long one may.",
            Unit.SECONDS,
            (
                Query(one("qcexec_pool_oldest_wait_seconds", "pool"), "{{pool}}"),
                Query(one("qcexec_pool_target_wait_seconds", "pool"), "{{pool}} target"),
            ),
        ),
        Panel(
            "Tasks that wait",
            "Tasks that wait for a worker of the pool.",
            Unit.COUNT,
            (Query(one("qcexec_pool_waiting_tasks", "pool"), "{{pool}}"),),
        ),
        Panel(
            "Work that waits",
            "CPU-seconds of the tasks that wait, by what was learnt of their kind's run times.",
            Unit.SECONDS,
            (Query(one("qcexec_pool_predicted_cpu_seconds", "pool"), "{{pool}}"),),
        ),
        Panel(
            "Arrivals",
            "Tasks that come in a second, averaged over a minute.",
            Unit.TASKS_PER_SECOND,
            (Query(one("qcexec_pool_arrival_rate", "pool"), "{{pool}}"),),
        ),
        Panel(
            "Mean run time",
            "Of the tasks that ended of late.",
            Unit.SECONDS,
            (Query(one("qcexec_pool_mean_run_seconds", "pool"), "{{pool}}"),),
        ),
        Panel(
            "Start of a pod",
            "Nine of ten recent pods had a worker sooner than this.",
            Unit.SECONDS,
            (Query(one("qcexec_pool_cold_start_seconds", "pool"), "{{pool}}"),),
        ),
        Panel(
            "Slots",
            "Slots of live workers, and those with a task.",
            Unit.COUNT,
            (
                Query(one("qcexec_pool_slots", "pool"), "{{pool}} all"),
                Query(one("qcexec_pool_busy_slots", "pool"), "{{pool}} busy"),
            ),
            width=12,
        ),
        Panel(
            "Slots in use",
            "The share of the slots that have a task.",
            Unit.RATIO,
            (
                Query(
                    f"{one('qcexec_pool_busy_slots', 'pool')}"
                    f" / ({one('qcexec_pool_slots', 'pool')} > 0)",
                    "{{pool}}",
                ),
            ),
            width=12,
        ),
    ),
)

_WANTED = Row(
    "What it wanted",
    (
        Panel(
            "Pods",
            "Pods that the Deployment is to have, those that are ready, and those that the pool"
            " should have in the end.",
            Unit.COUNT,
            (
                Query(one("qcexec_pool_replicas", "pool"), "{{pool}} set"),
                Query(one("qcexec_pool_ready_pods", "pool"), "{{pool}} ready"),
                Query(one("qcexec_pool_desired_replicas", "pool"), "{{pool}} desired"),
            ),
        ),
        Panel(
            "Recommendation and bounds",
            "Pods that the work needs at this moment, and the least and the most that there may be."
            " The scale follows the largest recommendation of the stabilization time.",
            Unit.COUNT,
            (
                Query(one("qcexec_pool_recommended_replicas", "pool"), "{{pool}} recommended"),
                Query(one("qcexec_pool_min_replicas", "pool"), "{{pool}} least"),
                Query(one("qcexec_pool_max_replicas", "pool"), "{{pool}} most"),
            ),
        ),
        Panel(
            "Conditions",
            "Conditions of the WorkerPools: pods ready, scale follows the queue, PostgreSQL"
            " answers, and whether the work needs no more or fewer pods than the bounds allow.",
            Unit.YES_OR_NO,
            (
                Query(
                    one("qcexec_pool_condition", "pool", "type", where=(_NOT_LIMITED,)),
                    "{{pool}} {{type}}",
                ),
                Query(
                    f"1 - {one('qcexec_pool_condition', 'pool', where=(_LIMITED,))}",
                    "{{pool}} WithinBounds",
                ),
            ),
            Kind.STATES,
        ),
    ),
)

_DONE = Row(
    "What it did",
    (
        Panel(
            "Changes of the scale",
            "How often the scale was set, up or down.",
            Unit.EVENTS_PER_SECOND,
            (
                Query(
                    rate("qcexec_pool_scales_total", "pool", "direction"), "{{pool}} {{direction}}"
                ),
            ),
        ),
        Panel(
            "Pods on their way out",
            "Pods that were asked to claim nothing more, and go once they have handed in what they"
            " run.",
            Unit.COUNT,
            (Query(one("qcexec_pool_draining_pods", "pool"), "{{pool}}"),),
        ),
        Panel(
            "Workers asked",
            "Workers that were asked to drain, or called back since there is work again.",
            Unit.EVENTS_PER_SECOND,
            (
                Query(
                    rate("qcexec_pool_workers_asked_total", "pool", "request"),
                    "{{pool}} {{request}}",
                ),
            ),
        ),
        Panel(
            "Holds",
            "How often the scale began to be left as it is, by the doubt. While one lasts the"
            " condition ScalingActive is false.",
            Unit.EVENTS_PER_SECOND,
            (Query(rate("qcexec_pool_holds_total", "pool", "code"), "{{pool}} {{code}}"),),
            quiet=True,
        ),
        Panel(
            "Tasks of pods that are gone",
            "Tasks that went back to the queue at once, since their pod was deleted, evicted or"
            " lost.",
            Unit.TASKS_PER_SECOND,
            (Query(rate("qcexec_pool_tasks_returned_total", "pool"), "{{pool}}"),),
            quiet=True,
        ),
        Panel(
            "Calls that failed",
            "What was asked of Kubernetes and not done, by the error's code. It is asked again at"
            " the next look.",
            Unit.EVENTS_PER_SECOND,
            (Query(rate("qcexec_operator_failures_total", "code"), "{{code}}"),),
            quiet=True,
        ),
        Panel(
            "Duration of a look",
            "How long a look at everything took, with what was done.",
            Unit.SECONDS,
            (
                Query(quantile(0.5, "qcexec_operator_look_seconds"), "p50"),
                Query(quantile(0.99, "qcexec_operator_look_seconds"), "p99"),
            ),
        ),
        Panel(
            "Since the last look",
            "Time since a look has ended. It is about operator.intervalSeconds where all is well.",
            Unit.SECONDS,
            (Query(one("qcexec_operator_last_look_age_seconds"), "age"),),
        ),
        Panel(
            "Acts",
            "Whether an operator holds the right to act on this release.",
            Unit.YES_OR_NO,
            (Query(one("qcexec_operator_leads"), "acts"),),
            Kind.STATES,
        ),
    ),
)

AUTOSCALING = Dashboard(
    uid="qcexec-autoscaling",
    title="qcexec / Autoscaling",
    description="What the operator saw, wanted and did.",
    rows=(_SEEN, _WANTED, _DONE),
)
