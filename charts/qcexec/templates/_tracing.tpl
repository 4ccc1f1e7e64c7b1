{{/* Traces: where API and workers send their spans. Both do, or neither. */}}

{{/* Variables of OpenTelemetry; nothing without an endpoint. */}}
{{- define "qcexec.tracing.env" -}}
{{- with .Values.tracing -}}
{{- if .endpoint -}}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ .endpoint | quote }}
{{- if .sampler }}
- name: OTEL_TRACES_SAMPLER
  value: {{ .sampler | quote }}
{{- end }}
{{- if ne "" (toString .samplerArg) }}
- name: OTEL_TRACES_SAMPLER_ARG
  value: {{ .samplerArg | quote }}
{{- end }}
{{- if .headersSecret.name }}
- name: OTEL_EXPORTER_OTLP_HEADERS
  valueFrom:
    secretKeyRef: {name: {{ .headersSecret.name }}, key: {{ .headersSecret.key }}}
{{- end }}
- name: K8S_POD_NAME
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
- name: K8S_NODE_NAME
  valueFrom: {fieldRef: {fieldPath: spec.nodeName}}
- name: OTEL_RESOURCE_ATTRIBUTES
  value: k8s.namespace.name={{ $.Release.Namespace }},k8s.pod.name=$(K8S_POD_NAME),k8s.node.name=$(K8S_NODE_NAME)
{{- end -}}
{{- end -}}
{{- end }}

{{/* A rule that lets out to the collector and to nobody else; nothing without an endpoint. */}}
{{- define "qcexec.network.toCollector" -}}
{{- with .Values.tracing -}}
{{- if .endpoint -}}
{{- if not .to -}}
{{- fail "tracing.endpoint: tracing.to is needed, too: where the collector is, for the NetworkPolicies to let spans out there and nowhere else" -}}
{{- end -}}
- to:
    {{- toYaml .to | nindent 4 }}
  ports:
    - {protocol: TCP, port: {{ int64 .port }}}
{{- end -}}
{{- end -}}
{{- end }}
