{{/* The pools, each with all of its values, as YAML: a map by name. */}}
{{- define "qcexec.pools" -}}
{{- $pools := dict -}}
{{- range $name, $pool := .Values.workerPools -}}
{{- if not (kindIs "invalid" $pool) -}}
{{- $merged := mergeOverwrite (deepCopy $.Values.workerPoolDefaults) (deepCopy $pool) -}}
{{- if not (($merged.resources).limits).memory -}}
{{- fail (printf "workerPools.%s: resources.limits.memory is needed: it is what the slots share" $name) -}}
{{- end -}}
{{- if not (or $merged.slots (($merged.resources).limits).cpu (($merged.resources).requests).cpu) -}}
{{- fail (printf "workerPools.%s: a CPU limit, a CPU request or slots is needed to say how many circuits run at once" $name) -}}
{{- end -}}
{{- if kindIs "invalid" $merged.graceSeconds -}}
{{- $_ := set $merged "graceSeconds" $merged.taskTimeoutSeconds -}}
{{- end -}}
{{- $_ := set $merged "queue" ($merged.queue | default $.Values.queue) -}}
{{- $_ := set $pools $name $merged -}}
{{- end -}}
{{- end -}}
{{- toYaml $pools -}}
{{- end }}

{{/*
How long a pod of the pool has to stop, in seconds: its circuits may end, then it hands in what
it has (10 s) and leaves (5 s). Takes a pool.
*/}}
{{- define "qcexec.pool.terminationSeconds" -}}
{{- add (ceil .graceSeconds) 15 -}}
{{- end }}
