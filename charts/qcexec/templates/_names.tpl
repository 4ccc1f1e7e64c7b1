{{/*
Names and labels. A name of an object is the full name and what it is; the longest ending,
"-worker-" and 20 letters of a pool, leaves 35 of the 63 characters of a label.
*/}}

{{- define "qcexec.fullname" -}}
{{- $name := .Values.nameOverride | default .Chart.Name -}}
{{- $full := .Values.fullnameOverride -}}
{{- if not $full -}}
{{- $full = ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- end -}}
{{- /* A release may have dots in its name, a Service may not. */ -}}
{{- $full = replace "." "-" $full -}}
{{- /* What is cut off is told by a hash, so that two long names stay two. */ -}}
{{- if gt (len $full) 30 -}}
{{- $full = printf "%s-%s" (trunc 21 $full | trimSuffix "-") (sha256sum $full | trunc 8) -}}
{{- end -}}
{{- $full -}}
{{- end }}

{{/* The name of a component's objects. Takes a list: context, component. */}}
{{- define "qcexec.name" -}}
{{- printf "%s-%s" (include "qcexec.fullname" (index . 0)) (index . 1) -}}
{{- end }}

{{/* What selects a component's pods. Takes a list: context, component. */}}
{{- define "qcexec.selector" -}}
app.kubernetes.io/name: {{ (index . 0).Chart.Name }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* The labels of a component's objects. Takes a list: context, component. */}}
{{- define "qcexec.labels" -}}
{{- $context := index . 0 -}}
{{ include "qcexec.selector" . }}
app.kubernetes.io/version: {{ $context.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: {{ $context.Chart.Name }}
app.kubernetes.io/managed-by: {{ $context.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $context.Chart.Name ($context.Chart.Version | replace "+" "_") }}
{{- end }}
