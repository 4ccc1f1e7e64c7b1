"""Grafana dashboards of qcexec as code.

A dashboard is a value: rows of panels, each with its queries, its unit and what it tells
(`overview`, `workers`, `autoscaling`, `queue`). `grafana` makes of it the JSON that Grafana
imports, and `python -m dashboards` writes that into the chart, which ships it as ConfigMaps.

Grafana's own SDK generates every field of every panel type, in the state of one Grafana release;
four panel types and two dozen fields, which Grafana has read unchanged since 10, need no more than
one module here.
"""
