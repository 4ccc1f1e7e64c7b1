{{/*
What the pods of all components have in common: they pass Pod Security "restricted", write to
nothing but the volumes that they are given, and hold no token of the cluster's API, but for the
operator.
*/}}

{{/* An image. Takes a dict: registry, repository, tag. */}}
{{- define "qcexec.image" -}}
{{- with .registry }}{{ trimSuffix "/" . }}/{{ end }}{{ .repository }}:{{ .tag }}
{{- end }}

{{- define "qcexec.api.image" -}}
{{- include "qcexec.image" (dict "registry" .Values.image.registry "repository" .Values.api.image.repository "tag" (.Values.image.tag | default .Chart.AppVersion)) -}}
{{- end }}

{{- define "qcexec.worker.image" -}}
{{- include "qcexec.image" (dict "registry" .Values.image.registry "repository" .Values.worker.image.repository "tag" (.Values.image.tag | default .Chart.AppVersion)) -}}
{{- end }}

{{- define "qcexec.operator.image" -}}
{{- include "qcexec.image" (dict "registry" .Values.image.registry "repository" .Values.operator.image.repository "tag" (.Values.image.tag | default .Chart.AppVersion)) -}}
{{- end }}

{{- define "qcexec.postgresql.image" -}}
{{- include "qcexec.image" .Values.postgresql.image -}}
{{- end }}

{{/* The head of a pod's spec. Takes a list: context, component. */}}
{{- define "qcexec.pod.identity" -}}
{{- $context := index . 0 -}}
serviceAccountName: {{ include "qcexec.name" . }}
automountServiceAccountToken: {{ eq "operator" (index . 1) }}
# Variables for each Service of the namespace could be taken for settings.
enableServiceLinks: false
{{- with $context.Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* A pod's security context. Takes the user's number, which is the group's, too. */}}
{{- define "qcexec.pod.security" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ int64 . }}
  runAsGroup: {{ int64 . }}
  seccompProfile:
    type: RuntimeDefault
{{- end }}

{{- define "qcexec.container.security" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end }}

{{/* Where a pod may run. Takes the component's values. */}}
{{- define "qcexec.pod.placement" -}}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* How pods are spread. Takes a dict: constraints (of the values), selector. */}}
{{- define "qcexec.pod.spread" -}}
topologySpreadConstraints:
  {{- if .constraints }}
  {{- toYaml .constraints | nindent 2 }}
  {{- else }}
  {{- range $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: ScheduleAnyway
    # Each release of the pods is spread for itself: what is about to go does not count.
    matchLabelKeys: [pod-template-hash]
    labelSelector:
      matchLabels:
        {{- $.selector | nindent 8 }}
  {{- end }}
  {{- end }}
{{- end }}
