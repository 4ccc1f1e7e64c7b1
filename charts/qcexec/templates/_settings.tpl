{{/*
The variables that all services share. Takes a list: context, and the queue where the service has
one.
*/}}
{{- define "qcexec.settings" -}}
{{- $context := index . 0 -}}
{{- $values := $context.Values -}}
- name: QCEXEC_DATABASE_URL
  value: {{ include "qcexec.database.url" (list $context "app") | quote }}
- name: PGPASSWORD
  {{- include "qcexec.database.passwordSource" (list $context "app") | nindent 2 }}
{{- range rest . }}
- name: QCEXEC_QUEUE
  value: {{ . | quote }}
{{- end }}
- name: QCEXEC_LEASE_SECONDS
  value: {{ $values.leaseSeconds | quote }}
- name: QCEXEC_MAX_ATTEMPTS
  value: {{ int64 $values.maxAttempts | quote }}
- name: QCEXEC_RETRY_BACKOFF_SECONDS
  value: {{ $values.retryBackoffSeconds | quote }}
- name: QCEXEC_LOG_LEVEL
  value: {{ $values.logLevel | quote }}
{{- end }}
