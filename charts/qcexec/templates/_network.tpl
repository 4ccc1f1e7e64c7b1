{{/* Rules of NetworkPolicies that several components share. */}}

{{- define "qcexec.network.toDns" -}}
- to:
    {{- toYaml .Values.networkPolicy.dns.to | nindent 4 }}
  ports:
    - {protocol: UDP, port: {{ int64 .Values.networkPolicy.dns.port }}}
    - {protocol: TCP, port: {{ int64 .Values.networkPolicy.dns.port }}}
{{- end }}

{{- define "qcexec.network.toDatabase" -}}
{{- if .Values.postgresql.enabled -}}
- to:
    - podSelector:
        matchLabels:
          {{- include "qcexec.selector" (list . "postgresql") | nindent 10 }}
  ports:
    - {protocol: TCP, port: 5432}
{{- else -}}
- ports:
    - {protocol: TCP, port: {{ int64 .Values.externalDatabase.port }}}
  {{- with .Values.externalDatabase.egress }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
{{- end }}
