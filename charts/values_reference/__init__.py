"""A chart's values, described once: in the comments of its values.yaml.

From them come values.schema.json, which helm holds every installation against, and the tables of
the chart's README. `python -m charts.values_reference` writes both, `--check` compares them.
"""
