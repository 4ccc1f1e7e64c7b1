"""Workers and the engine: what runs where, for how long, and how well that was foreseen."""

from __future__ import annotations

from dashboards.panels import Dashboard, Kind, Panel, Query, Row, Unit
from dashboards.promql import buckets, one, quantile, rate, series, total

_SLOTS = Row(
    "Slots",
    (
        Panel(
            "Slots",
            "Slots by what they do: run a circuit, wait for one, or start their child process.",
            Unit.COUNT,
            (Query(total("qcexec_worker_slots", "state"), "{{state}}"),),
            stacked=True,
        ),
        Panel(
            "Workers",
            "Live workers by queue, as the database knows them: claiming, or draining because they"
            " stop or their pool shrinks.",
            Unit.COUNT,
            (Query(one("qcexec_queue_workers", "queue", "state"), "{{queue}} {{state}}"),),
            stacked=True,
        ),
        Panel(
            "Memory of a slot",
            "What one slot may use, the least and the most of all workers. It decides how many"
            " qubits fit: a state vector of n qubits takes 16 bytes times 2 to the power of n.",
            Unit.BYTES,
            (
                Query(f"min({series('qcexec_worker_slot_memory_bytes')})", "least"),
                Query(one("qcexec_worker_slot_memory_bytes"), "most"),
            ),
        ),
        Panel(
            "CPU",
            "CPU cores that API processes and workers themselves use. The children that run"
            " circuits are not in it: container_cpu_usage_seconds_total has them.",
            Unit.CORES,
            (Query(rate("process_cpu_seconds_total", "pod"), "{{pod}}"),),
        ),
        Panel(
            "Resident memory",
            "Of each process that is scraped, without the children that run circuits.",
            Unit.BYTES,
            (Query(total("process_resident_memory_bytes", "pod"), "{{pod}}"),),
        ),
        Panel(
            "Children started anew",
            "Child processes that were replaced, by reason. One that died took its circuit's"
            " attempt with it; one that held on to memory did not.",
            Unit.EVENTS_PER_SECOND,
            (Query(rate("qcexec_worker_children_restarted_total", "reason"), "{{reason}}"),),
            quiet=True,
        ),
    ),
)

_ENGINE = Row(
    "Engine",
    (
        Panel(
            "Circuits by method",
            "Circuits that ended, by the simulation method that was chosen for them.",
            Unit.TASKS_PER_SECOND,
            (Query(rate("qcexec_task_run_seconds_count", "method"), "{{method}}"),),
            stacked=True,
        ),
        Panel(
            "Run time by method",
            "What 95 of 100 circuits do not exceed.",
            Unit.SECONDS,
            (Query(quantile(0.95, "qcexec_task_run_seconds", "method"), "{{method}}"),),
        ),
        Panel(
            "Run time by size",
            "What 95 of 100 circuits do not exceed, by their number of qubits.",
            Unit.SECONDS,
            (Query(quantile(0.95, "qcexec_task_run_seconds", "size"), "{{size}} qubits"),),
        ),
        Panel(
            "Run times, all of them",
            "How many circuits ran how long.",
            Unit.SECONDS,
            (Query(buckets("qcexec_task_run_seconds"), "{{le}}"),),
            Kind.HEATMAP,
        ),
        Panel(
            "Estimate beside truth",
            "Expected run time divided by the real one: 1 is right, 10 a circuit that was thought"
            " to be ten times as long. What claims take at once, and what the operator foresees,"
            " follow the estimates.",
            Unit.FACTOR,
            (
                Query(quantile(0.05, "qcexec_task_estimate_ratio", "queue"), "{{queue}} p5"),
                Query(quantile(0.5, "qcexec_task_estimate_ratio", "queue"), "{{queue}} p50"),
                Query(quantile(0.95, "qcexec_task_estimate_ratio", "queue"), "{{queue}} p95"),
            ),
        ),
        Panel(
            "Busy time",
            "Slots that run a circuit, on average, by queue: run times in a second.",
            Unit.COUNT,
            (Query(rate("qcexec_task_run_seconds_sum", "queue"), "{{queue}}"),),
        ),
    ),
)

_CLAIMS = Row(
    "Claims",
    (
        Panel(
            "Claims",
            "Statements that claimed tasks, or looked for some, and the tasks that they gave.",
            Unit.EVENTS_PER_SECOND,
            (
                Query(rate("qcexec_worker_claims_total"), "claims"),
                Query(
                    rate("qcexec_worker_claimed_tasks_total"),
                    "claimed tasks",
                ),
            ),
        ),
        Panel(
            "Duration of a claim",
            "One commit, which stores results and claims what comes next.",
            Unit.SECONDS,
            (
                Query(quantile(0.5, "qcexec_worker_claim_seconds"), "p50"),
                Query(quantile(0.95, "qcexec_worker_claim_seconds"), "p95"),
                Query(quantile(0.99, "qcexec_worker_claim_seconds"), "p99"),
            ),
        ),
        Panel(
            "From NOTIFY to claim",
            "From the call of the database to the claim that it led to, where a slot was free.",
            Unit.SECONDS,
            (
                Query(
                    quantile(0.5, "qcexec_worker_notify_to_claim_seconds"),
                    "p50",
                ),
                Query(
                    quantile(0.95, "qcexec_worker_notify_to_claim_seconds"),
                    "p95",
                ),
            ),
        ),
        Panel(
            "Leases held",
            "Tasks that workers have at this moment, running or claimed ahead.",
            Unit.COUNT,
            (Query(total("qcexec_worker_leases", "pod"), "{{pod}}"),),
            stacked=True,
        ),
        Panel(
            "Tasks a commit",
            "Tasks that one claim gave, on average. Short circuits come in batches.",
            Unit.COUNT,
            (
                Query(
                    f"{rate('qcexec_worker_claimed_tasks_total')}"
                    f" / {rate('qcexec_worker_claims_total')}",
                    "tasks",
                ),
            ),
        ),
        Panel(
            "Results that came too late",
            "Results under a lease that had ended: somebody else has the task, and nothing was"
            " stored. A few after an outage are what leases are for.",
            Unit.EVENTS_PER_SECOND,
            (Query(rate("qcexec_late_results_refused_total", "pod"), "{{pod}}"),),
            quiet=True,
        ),
    ),
)

WORKERS = Dashboard(
    uid="qcexec-workers",
    title="qcexec / Workers and engine",
    description="What runs where, for how long, and how well that was foreseen.",
    rows=(_SLOTS, _ENGINE, _CLAIMS),
)
