{{/* What scrapers, rules and dashboards need of the chart. */}}

{{/*
A pod's annotations: its own, and, for scrapers that go by annotations, where its metrics are. Takes
a list: context, the component's annotations, the port.
*/}}
{{- define "qcexec.pod.annotations" -}}
{{- $monitoring := (index . 0).Values.monitoring -}}
{{- $annotations := deepCopy (index . 1) -}}
{{- if and $monitoring.scrapeAnnotations (not $monitoring.podMonitor.enabled) -}}
{{- $scrape := dict "prometheus.io/scrape" "true" "prometheus.io/port" (toString (index . 2)) "prometheus.io/path" "/metrics" -}}
{{- $annotations = merge $annotations $scrape -}}
{{- end -}}
{{- with $annotations -}}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end -}}
{{- end }}

{{/*
The groups of rules, as YAML: a map with `groups`. The file's own serve every release; here they are
narrowed to this one, with its own volume.
*/}}
{{- define "qcexec.monitoring.rules" -}}
{{- $settings := .Values.monitoring.prometheusRule -}}
{{- $namespace := printf "namespace=%q" .Release.Namespace -}}
{{- $release := printf "%s,release=%q" $namespace .Release.Name -}}
{{- $claim := printf "%s,persistentvolumeclaim=%q" $namespace (printf "data-%s-0" (include "qcexec.name" (list . "postgresql"))) -}}
{{- $text := .Files.Get "files/monitoring/rules.yaml" -}}
{{- $text = replace "release!=\"\"" $release $text -}}
{{- $text = replace "persistentvolumeclaim=~\"data-.+-postgresql-0\"" $claim $text -}}
{{- $groups := list -}}
{{- range $group := (fromYaml $text).groups -}}
{{- $rules := list -}}
{{- range $rule := $group.rules -}}
{{- $name := $rule.alert | default "" -}}
{{- /* An external database has no volume here. */ -}}
{{- $volume := hasPrefix "QcexecDatabaseDisk" $name -}}
{{- if not (or (has $name $settings.disabledAlerts) (and $volume (not $.Values.postgresql.enabled))) -}}
{{- if $name -}}
{{- $_ := set $rule.annotations "runbook_url" (printf "%s%s" $settings.runbookBaseUrl $rule.annotations.runbook_url) -}}
{{- $_ := set $rule "labels" (merge (dict) $rule.labels $settings.alertLabels) -}}
{{- end -}}
{{- $rules = append $rules $rule -}}
{{- end -}}
{{- end -}}
{{- with $rules -}}
{{- $groups = append $groups (dict "name" $group.name "rules" .) -}}
{{- end -}}
{{- end -}}
{{- toYaml (dict "groups" $groups) -}}
{{- end }}
