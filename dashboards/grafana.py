"""Grafana's JSON model of a dashboard.

The fields are those that Grafana 10 and later read. A field that would say Grafana's own default is
left out.
"""

from __future__ import annotations

import json
from typing import Any

from dashboards.panels import Dashboard, Kind, Panel, Place, Query

_COLUMNS = 24
_SCHEMA_VERSION = 39
"""That of Grafana 10.4; later ones migrate it when they load it."""
_DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
_TAG = "qcexec"
_YES_OR_NO = {
    "type": "value",
    "options": {
        "0": {"text": "no", "color": "orange", "index": 0},
        "1": {"text": "yes", "color": "green", "index": 1},
    },
}


def document(dashboard: Dashboard) -> str:
    """The model as the text of a file, the same for the same dashboard."""
    return json.dumps(model(dashboard), indent=1, ensure_ascii=False) + "\n"


def model(dashboard: Dashboard) -> dict[str, Any]:
    """The model: what Grafana imports."""
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.description,
        "tags": [_TAG],
        "schemaVersion": _SCHEMA_VERSION,
        "editable": False,
        "graphTooltip": 1,
        "timezone": "browser",
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "links": [_link_to_the_others()],
        "templating": {"list": _variables()},
        "panels": _panels(dashboard),
    }


def _panels(dashboard: Dashboard) -> list[dict[str, Any]]:
    """Rows and panels one after the other, with ids by their order."""
    made: list[dict[str, Any]] = []
    y = 0
    for row in dashboard.rows:
        made.append(
            {
                "id": len(made) + 1,
                "type": "row",
                "title": row.title,
                "collapsed": False,
                "gridPos": _grid(Place(0, y, _COLUMNS, 1)),
                "panels": [],
            }
        )
        x, y, tallest = 0, y + 1, 0
        for panel in row.panels:
            if x + panel.width > _COLUMNS:
                x, y, tallest = 0, y + tallest, 0
            place = Place(x, y, panel.width, panel.height)
            made.append({"id": len(made) + 1, **_panel(panel, place)})
            x, tallest = x + panel.width, max(tallest, panel.height)
        y += tallest
    return made


def _panel(panel: Panel, place: Place) -> dict[str, Any]:
    instant = panel.kind is Kind.FIGURE
    return {
        "type": panel.kind.value,
        "title": panel.title,
        "description": panel.description,
        "gridPos": _grid(place),
        "datasource": _DATASOURCE,
        "targets": [
            _target(query, ref=chr(ord("A") + number), instant=instant, heatmap=_heat(panel))
            for number, query in enumerate(panel.queries)
        ],
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": _options(panel),
    }


def _target(query: Query, *, ref: str, instant: bool, heatmap: bool) -> dict[str, Any]:
    return {
        "refId": ref,
        "datasource": _DATASOURCE,
        "expr": query.expression,
        "legendFormat": query.legend or "__auto",
        "format": "heatmap" if heatmap else "time_series",
        "instant": instant,
        "range": not instant,
    }


def _defaults(panel: Panel) -> dict[str, Any]:
    defaults: dict[str, Any] = {"unit": panel.unit.value}
    steps = _steps(panel)
    if panel.kind is Kind.FIGURE and len(steps) > 1:
        defaults["thresholds"] = {"mode": "absolute", "steps": steps}
        defaults["color"] = {"mode": "thresholds"}
    if panel.kind is Kind.STATES:
        defaults["mappings"] = [_YES_OR_NO]
    if panel.kind is Kind.LINES:
        defaults["min"] = 0
        custom: dict[str, Any] = {"fillOpacity": 10, "showPoints": "never"}
        if panel.stacked:
            custom |= {"fillOpacity": 40, "stacking": {"mode": "normal", "group": "A"}}
        defaults["custom"] = custom
    return defaults


def _steps(panel: Panel) -> list[dict[str, Any]]:
    warn, alarm = panel.warn_from, panel.alarm_from
    if warn is not None and alarm is not None and alarm < warn:
        return [
            {"color": "red", "value": None},
            {"color": "yellow", "value": alarm},
            {"color": "green", "value": warn},
        ]
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if warn is not None:
        steps.append({"color": "yellow", "value": warn})
    if alarm is not None:
        steps.append({"color": "red", "value": alarm})
    return steps


def _options(panel: Panel) -> dict[str, Any]:
    match panel.kind:
        case Kind.LINES:
            return {
                "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
                "tooltip": {"mode": "multi", "sort": "desc"},
            }
        case Kind.FIGURE:
            return {
                "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
                "colorMode": "value",
                "graphMode": "none",
                "textMode": "auto",
            }
        case Kind.HEATMAP:
            return {
                "calculate": False,
                "cellGap": 0,
                "color": {"mode": "scheme", "scheme": "Blues", "steps": 64},
                "yAxis": {"unit": panel.unit.value, "axisPlacement": "left"},
                "rowsFrame": {"layout": "auto"},
                "filterValues": {"le": 1e-9},
            }
        case Kind.STATES:
            return {"mergeValues": True, "showValue": "never", "rowHeight": 0.8}


def _variables() -> list[dict[str, Any]]:
    return [
        {
            "name": "datasource",
            "label": "Data source",
            "type": "datasource",
            "query": "prometheus",
            "refresh": 1,
        },
        _choice("namespace", "Namespace", "label_values(qcexec_build_info, namespace)"),
        _choice(
            "release",
            "Release",
            'label_values(qcexec_build_info{namespace="$namespace"}, release)',
        ),
    ]


def _choice(name: str, label: str, query: str) -> dict[str, Any]:
    """A variable whose values come from labels, looked up again when the time range changes."""
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": _DATASOURCE,
        "definition": query,
        "query": {"query": query, "refId": "variable"},
        "refresh": 2,
        "sort": 1,
        "multi": False,
        "includeAll": False,
    }


def _link_to_the_others() -> dict[str, Any]:
    return {
        "title": "qcexec",
        "type": "dashboards",
        "tags": [_TAG],
        "asDropdown": True,
        "includeVars": True,
        "keepTime": True,
    }


def _grid(place: Place) -> dict[str, int]:
    return {"x": place.x, "y": place.y, "w": place.width, "h": place.height}


def _heat(panel: Panel) -> bool:
    return panel.kind is Kind.HEATMAP
