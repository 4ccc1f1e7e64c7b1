{{/*
Where PostgreSQL is, and who may connect as whom. URLs hold no password: each container gets
that of its role, and no other, in PGPASSWORD, which the driver and PostgreSQL's programs read.
*/}}

{{- define "qcexec.database.host" -}}
{{- if .Values.postgresql.enabled -}}
{{- include "qcexec.name" (list . "postgresql") -}}
{{- else -}}
{{- required "externalDatabase.host is needed while postgresql.enabled is false" .Values.externalDatabase.host -}}
{{- end -}}
{{- end }}

{{- define "qcexec.database.port" -}}
{{- ternary 5432 (int64 .Values.externalDatabase.port) .Values.postgresql.enabled -}}
{{- end }}

{{- define "qcexec.database.name" -}}
{{- ternary "qcexec" .Values.externalDatabase.database .Values.postgresql.enabled -}}
{{- end }}

{{/* The name of a role. Takes a list: context, "owner" or "app". */}}
{{- define "qcexec.database.user" -}}
{{- $context := index . 0 -}}
{{- if $context.Values.postgresql.enabled -}}
{{- printf "qcexec_%s" (index . 1) -}}
{{- else -}}
{{- get $context.Values.externalDatabase (printf "%sUser" (index . 1)) -}}
{{- end -}}
{{- end }}

{{/* PostgreSQL of the release speaks plain TCP within the namespace. */}}
{{- define "qcexec.database.sslMode" -}}
{{- ternary "disable" .Values.externalDatabase.sslMode .Values.postgresql.enabled -}}
{{- end }}

{{/* The file with the authority's certificate, or nothing. */}}
{{- define "qcexec.database.caFile" -}}
{{- $mode := include "qcexec.database.sslMode" . -}}
{{- if and (not .Values.postgresql.enabled) .Values.externalDatabase.caSecret.name -}}
/etc/qcexec/database/ca.crt
{{- else if hasPrefix "verify" $mode -}}
{{- fail (printf "externalDatabase.caSecret.name is needed for externalDatabase.sslMode %s (with `require` the connection is encrypted, but nobody checks to whom)" $mode) -}}
{{- end -}}
{{- end }}

{{/* A URL without a password. Takes a list: context, "owner" or "app". */}}
{{- define "qcexec.database.url" -}}
{{- $context := index . 0 -}}
{{- $caFile := include "qcexec.database.caFile" $context -}}
postgresql://{{ include "qcexec.database.user" . | urlquery }}@{{ include "qcexec.database.host" $context }}:{{ include "qcexec.database.port" $context }}/{{ include "qcexec.database.name" $context | urlquery }}?sslmode={{ include "qcexec.database.sslMode" $context }}{{ with $caFile }}&sslrootcert={{ . }}{{ end }}
{{- end }}

{{- define "qcexec.database.secretName" -}}
{{- if not .Values.postgresql.enabled -}}
{{- required "externalDatabase.existingSecret is needed while postgresql.enabled is false" .Values.externalDatabase.existingSecret -}}
{{- else -}}
{{- .Values.postgresql.auth.existingSecret | default (include "qcexec.name" (list . "postgresql-auth")) -}}
{{- end -}}
{{- end }}

{{/* A role's password as a variable's source. Takes a list: context, "superuser", "owner" or "app". */}}
{{- define "qcexec.database.passwordSource" -}}
{{- $context := index . 0 -}}
{{- $keys := ternary $context.Values.postgresql.auth $context.Values.externalDatabase $context.Values.postgresql.enabled -}}
valueFrom:
  secretKeyRef:
    name: {{ include "qcexec.database.secretName" $context }}
    key: {{ get $keys (printf "%sPasswordKey" (index . 1)) }}
{{- end }}

{{/* The volume with the authority's certificate, and where it is mounted. */}}
{{- define "qcexec.database.caVolume" -}}
{{- if include "qcexec.database.caFile" . -}}
- name: database-ca
  secret:
    secretName: {{ .Values.externalDatabase.caSecret.name }}
    items:
      - key: {{ .Values.externalDatabase.caSecret.key }}
        path: ca.crt
{{- end -}}
{{- end }}

{{- define "qcexec.database.caMount" -}}
{{- if include "qcexec.database.caFile" . -}}
- name: database-ca
  mountPath: /etc/qcexec/database
  readOnly: true
{{- end -}}
{{- end }}

{{/*
Whether `lookup` looks into a cluster. It does not under `helm template`, which Argo CD runs, too:
with the cluster's API versions, so that these tell nothing. Each namespace has a ConfigMap
kube-root-ca.crt; one that helm is yet to create has none, but whoever may create it may read
kube-system. `helm template --api-versions qcexec.io/look` renders all the same, to look at.
*/}}
{{- define "qcexec.database.seesCluster" -}}
{{- if .Capabilities.APIVersions.Has "qcexec.io/look" -}}true
{{- else if lookup "v1" "ConfigMap" .Release.Namespace "kube-root-ca.crt" -}}true
{{- else if lookup "v1" "Namespace" "" "kube-system" -}}true
{{- end -}}
{{- end }}
