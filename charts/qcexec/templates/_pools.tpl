{{/* The pools, each with all of its values, as YAML: a map by name. */}}
{{- define "qcexec.pools" -}}
{{- $pools := dict -}}
{{- range $name, $pool := .Values.workerPools -}}
{{- if not (kindIs "invalid" $pool) -}}
{{- $merged := mergeOverwrite (deepCopy $.Values.workerPoolDefaults) (deepCopy $pool) -}}
{{- include "qcexec.withoutNulls" $merged -}}
{{- if not (($merged.resources).limits).memory -}}
{{- fail (printf "workerPools.%s: resources.limits.memory is needed: it is what the slots share" $name) -}}
{{- end -}}
{{- if not (or $merged.slots (($merged.resources).limits).cpu (($merged.resources).requests).cpu) -}}
{{- fail (printf "workerPools.%s: a CPU limit, a CPU request or slots is needed to say how many circuits run at once" $name) -}}
{{- end -}}
{{- if kindIs "invalid" $merged.graceSeconds -}}
{{- /* A worker takes a day at most. */ -}}
{{- $_ := set $merged "graceSeconds" (ternary 86400 $merged.taskTimeoutSeconds (gt (float64 $merged.taskTimeoutSeconds) 86400.0)) -}}
{{- end -}}
{{- if and $.Values.operator.enabled (gt (int64 $merged.minReplicas) (int64 $merged.maxReplicas)) -}}
{{- fail (printf "workerPools.%s: minReplicas (%d) must not be greater than maxReplicas (%d)" $name (int64 $merged.minReplicas) (int64 $merged.maxReplicas)) -}}
{{- end -}}
{{- $_ := set $merged "queue" ($merged.queue | default $.Values.queue) -}}
{{- $_ := set $pools $name $merged -}}
{{- end -}}
{{- end -}}
{{- toYaml $pools -}}
{{- end }}

{{/*
The replicas that the Deployment of a pool is given, or nothing where the operator scales it. Takes
a list: context, name, pool.

A field that leaves a manifest is deleted from the object, and a Deployment without replicas has
one. So once they have been in a manifest, as while the operator was off, they stay in it, and are
those that the object has. Deployments that never had them say so in an annotation.
*/}}
{{- define "qcexec.pool.replicas" -}}
{{- $context := index . 0 -}}
{{- $pool := index . 2 -}}
{{- if not $context.Values.operator.enabled -}}
{{- int64 $pool.replicas -}}
{{- else -}}
{{- $name := include "qcexec.name" (list $context (printf "worker-%s" (index . 1))) -}}
{{- $live := lookup "apps/v1" "Deployment" $context.Release.Namespace $name -}}
{{- if $live -}}
{{- if ne "never" (dig "metadata" "annotations" "qcexec.io/replicas-in-manifest" "" $live) -}}
{{- int64 $live.spec.replicas -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/*
How long a pod of the pool has to stop, in seconds: its circuits may end, then it hands in what
it has (10 s) and leaves (5 s). Takes a pool.
*/}}
{{- define "qcexec.pool.terminationSeconds" -}}
{{- add (ceil .graceSeconds) 15 -}}
{{- end }}

{{/*
Takes what is null out of a map, and out of those inside it. In a pool's values null takes a default
away, as everywhere in helm's; in an object it would stay, and a quantity of null is 0.
*/}}
{{- define "qcexec.withoutNulls" -}}
{{- range $key, $value := . -}}
{{- if kindIs "map" $value -}}
{{- include "qcexec.withoutNulls" $value -}}
{{- else if kindIs "invalid" $value -}}
{{- $_ := unset $ $key -}}
{{- end -}}
{{- end -}}
{{- end }}
