{{/*
How many connections the release may use at once. In an update old and new pods exist together,
so pods count twice.

    API      pods x (connections + 1, for maintenance) x 2
    workers  pods x 2 (claims and completions; the rest) x 2
    operator 1 x 2
*/}}
{{- define "qcexec.connections.used" -}}
{{- $api := .Values.api.replicas -}}
{{- if .Values.api.autoscaling.enabled -}}
{{- $api = .Values.api.autoscaling.maxReplicas -}}
{{- end -}}
{{- $workers := 0 -}}
{{- range include "qcexec.pools" . | fromYaml -}}
{{- $workers = add $workers (max (int64 .replicas) (int64 (.maxReplicas | default 0))) -}}
{{- end -}}
{{- $operator := ternary 1 0 .Values.operator.enabled -}}
{{- add (mul 2 $api (add .Values.api.connections 1)) (mul 2 $workers 2) (mul 2 $operator) .Values.postgresql.reservedConnections -}}
{{- end }}

{{/*
PostgreSQL's max_connections: in fifties, for it takes a restart of PostgreSQL to change it.
*/}}
{{- define "qcexec.connections.maximum" -}}
{{- mul 50 (div (add (include "qcexec.connections.used" . | int64) 49) 50) -}}
{{- end }}

{{/*
PostgreSQL's max_locks_per_transaction. A claim, the hungriest statement, locks three relations
for each partition and one more; some eight partitions exist, whatever the retention, for their
width follows it. Twice that, and never less than PostgreSQL's own default.
*/}}
{{- define "qcexec.connections.locksPerTransaction" -}}
{{- $partitions := 8 -}}
{{- max 64 (mul 2 (add (mul 3 $partitions) 1)) -}}
{{- end }}

{{/* Refuses an external database whose limit would be exceeded. */}}
{{- define "qcexec.connections.check" -}}
{{- if and (not .Values.postgresql.enabled) .Values.externalDatabase.maxConnections -}}
{{- $used := include "qcexec.connections.used" . | int64 -}}
{{- $limit := int64 .Values.externalDatabase.maxConnections -}}
{{- if gt $used $limit -}}
{{- fail (printf "API, workers, operator and the reserve may use %d connections at once, %d more than the %d of externalDatabase.maxConnections: allow more there, or lower api.replicas, api.connections, maxReplicas of the pools or postgresql.reservedConnections" $used (sub $used $limit) $limit) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* A setting's value as PostgreSQL reads it. Whole numbers come as 1e+06 from a values file. */}}
{{- define "qcexec.postgresql.setting" -}}
{{- if kindIs "float64" . -}}
{{- ternary (int64 .) . (eq (floor .) .) -}}
{{- else -}}
{{- . -}}
{{- end -}}
{{- end }}
