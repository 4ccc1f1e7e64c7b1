"""Is it healthy, how long do tasks wait, what fails."""

from __future__ import annotations

from dashboards.panels import Dashboard, Kind, Panel, Query, Row, Unit
from dashboards.promql import buckets, one, quantile, rate, total

_PROBES = 'route!~"/health|/livez|/readyz"'
_FAILED = 'status=~"5.."'
_WAITS_FOR_ANY = 'state=~"ready|scheduled"'
_BUSY = 'state="busy"'
_REQUESTS = "qcexec_http_requests_total"


def _quantiles(histogram: str) -> tuple[Query, ...]:
    """Median, p95 and p99 by queue."""
    return tuple(
        Query(quantile(percent / 100, histogram, "queue"), f"{{{{queue}}}} p{percent}")
        for percent in (50, 95, 99)
    )


_HEALTH = Row(
    "Health",
    (
        Panel(
            "Alerts that fire",
            "Alerts of this release that fire at this moment. Each names its runbook.",
            Unit.COUNT,
            (
                Query(
                    'count(ALERTS{namespace="$namespace",release=~"$release|",'
                    'alertname=~"Qcexec.+",alertstate="firing"}) or vector(0)'
                ),
            ),
            Kind.FIGURE,
            width=4,
            height=4,
            warn_from=1,
        ),
        Panel(
            "PostgreSQL answers",
            "Whether at least one API process reaches PostgreSQL, as its readiness sees it.",
            Unit.YES_OR_NO,
            (Query(one("qcexec_database_reachable")),),
            Kind.FIGURE,
            width=4,
            height=4,
            warn_from=1,
            alarm_from=0.5,
        ),
        Panel(
            "Tasks that wait",
            "Tasks that are accepted and have no worker yet, those that wait for their next attempt"
            " included.",
            Unit.COUNT,
            (
                Query(
                    f"sum({one('qcexec_queue_tasks', 'queue', 'state', where=(_WAITS_FOR_ANY,))})"
                ),
            ),
            Kind.FIGURE,
            width=4,
            height=4,
        ),
        Panel(
            "Longest wait",
            "For how long the oldest waiting task of any queue has waited.",
            Unit.SECONDS,
            (Query(one("qcexec_queue_oldest_age_seconds")),),
            Kind.FIGURE,
            width=4,
            height=4,
            warn_from=30,
            alarm_from=300,
        ),
        Panel(
            "Slots in use",
            "The share of all slots that run a circuit. Near 100% waits grow unless there are more"
            " workers.",
            Unit.RATIO,
            (
                Query(
                    f"{total('qcexec_worker_slots', where=(_BUSY,))}"
                    f" / {total('qcexec_worker_slots')}"
                ),
            ),
            Kind.FIGURE,
            width=4,
            height=4,
        ),
        Panel(
            "Requests that fail",
            "The share of requests that were answered with a status of 500 or more. Probes do not"
            " count; a full queue does.",
            Unit.RATIO,
            (
                Query(
                    f"({rate(_REQUESTS, where=(_PROBES, _FAILED))} or vector(0))"
                    f" / {rate(_REQUESTS, where=(_PROBES,))}"
                ),
            ),
            Kind.FIGURE,
            width=4,
            height=4,
            warn_from=0.01,
            alarm_from=0.05,
        ),
    ),
)

_WAITS = Row(
    "How long tasks take",
    (
        Panel(
            "Wait",
            "From the submission of a task to the start of a run of it, retries"
            " included: the median, and what 95 and 99 of 100 tasks do not exceed, as exact as the"
            " histogram's buckets (…, 10, 15, 20, 30, 45, 60, 90, 120 s, …).",
            Unit.SECONDS,
            _quantiles("qcexec_task_wait_seconds"),
        ),
        Panel(
            "Waits, all of them",
            "How many tasks waited how long. A second band far above the first are tasks of one"
            " queue, or of one kind, that wait behind others.",
            Unit.SECONDS,
            (Query(buckets("qcexec_task_wait_seconds"), "{{le}}"),),
            Kind.HEATMAP,
        ),
        Panel(
            "Run",
            "From the start of a circuit in its slot to its end: parsing, estimate and simulation.",
            Unit.SECONDS,
            _quantiles("qcexec_task_run_seconds"),
        ),
    ),
)

_FLOW = Row(
    "What comes and goes",
    (
        Panel(
            "Tasks",
            "Tasks that are accepted, and tasks that ended, in a second. Where the first is the"
            " larger for long, the queue grows.",
            Unit.TASKS_PER_SECOND,
            (
                Query(rate("qcexec_submissions_total"), "accepted"),
                Query(rate("qcexec_tasks_finished_total", "outcome"), "{{outcome}}"),
            ),
        ),
        Panel(
            "Waiting and running",
            "Tasks by queue and state: ready for a worker, scheduled for a later attempt, running.",
            Unit.COUNT,
            (Query(one("qcexec_queue_tasks", "queue", "state"), "{{queue}} {{state}}"),),
            stacked=True,
        ),
        Panel(
            "Requests",
            "Requests to the API by status. 503 is a full queue, or a database that is away.",
            Unit.REQUESTS_PER_SECOND,
            (Query(rate(_REQUESTS, "status", where=(_PROBES,)), "{{status}}"),),
            stacked=True,
        ),
        Panel(
            "Duration of requests",
            "What 95 of 100 requests do not exceed, by route. A submission takes one commit.",
            Unit.SECONDS,
            (Query(quantile(0.95, "qcexec_http_request_seconds", "route"), "{{route}}"),),
            width=12,
        ),
        Panel(
            "Processes",
            "Processes that can be scraped, by component and version. Two versions for long are a"
            " rollout that does not end.",
            Unit.COUNT,
            (
                Query(
                    total("qcexec_build_info", "component", "version"), "{{component}} {{version}}"
                ),
            ),
            width=12,
        ),
    ),
)

_FAILURES = Row(
    "What fails",
    (
        Panel(
            "Failed tasks, by code",
            "Most codes are the circuit's fault (docs/task-lifecycle.md lists them)."
            " internal_error, attempts_exhausted and deliveries_exhausted are not for certain.",
            Unit.TASKS_PER_SECOND,
            (
                Query(
                    rate("qcexec_tasks_finished_total", "code", where=('outcome="failed"',)),
                    "{{code}}",
                ),
            ),
            quiet=True,
        ),
        Panel(
            "Refused requests, by code",
            "Requests that the API refused, by the problem's code. queue_full are submissions that"
            " clients have to repeat.",
            Unit.REQUESTS_PER_SECOND,
            (Query(rate("qcexec_refusals_total", "code"), "{{code}}"),),
            quiet=True,
        ),
        Panel(
            "Attempts without a result",
            "Leases that ended without a result, by reason: the tasks went back to the queue, or"
            " were given up.",
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

OVERVIEW = Dashboard(
    uid="qcexec-overview",
    title="qcexec / Overview",
    description="Is it healthy, how long do tasks wait, what fails.",
    rows=(_HEALTH, _WAITS, _FLOW, _FAILURES),
)
