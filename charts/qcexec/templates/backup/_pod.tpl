{{/* The pods that write dumps to the volume, or read them: those of PostgreSQL's own programs. */}}

{{- define "qcexec.backup.claim" -}}
{{- .Values.backup.persistence.existingClaim | default (include "qcexec.name" (list . "backup")) -}}
{{- end }}

{{/* A pod's template. Takes a list: context, and what backup.sh is to do: volume, dump or restore. */}}
{{- define "qcexec.backup.pod" -}}
{{- $context := index . 0 -}}
{{- $verb := index . 1 -}}
{{- $values := $context.Values -}}
metadata:
  labels:
    {{- include "qcexec.labels" (list $context "backup") | nindent 4 }}
    {{- with $values.backup.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with $values.backup.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- include "qcexec.pod.identity" (list $context "backup") | nindent 2 }}
  {{- include "qcexec.pod.security" $values.postgresql.runAsUser | nindent 2 }}
    fsGroup: {{ int64 $values.postgresql.runAsUser }}
    fsGroupChangePolicy: OnRootMismatch
  {{- include "qcexec.pod.placement" $values.backup | nindent 2 }}
  restartPolicy: Never
  # What it does is undone, or ignored, when it is killed.
  terminationGracePeriodSeconds: 5
  containers:
    - name: {{ $verb }}
      image: {{ include "qcexec.postgresql.image" $context }}
      imagePullPolicy: {{ $values.image.pullPolicy }}
      command: [bash, /etc/qcexec/backup/backup.sh, {{ $verb }}]
      {{- include "qcexec.container.security" $context | nindent 6 }}
      env:
        - name: BACKUP_FOLDER
          value: /backups
        {{- if ne $verb "volume" }}
        - name: BACKUP_KEEP
          value: {{ int64 $values.backup.keep | quote }}
        - name: PGHOST
          value: {{ include "qcexec.database.host" $context | quote }}
        - name: PGPORT
          value: {{ include "qcexec.database.port" $context | quote }}
        - name: PGDATABASE
          value: {{ include "qcexec.database.name" $context | quote }}
        - name: PGUSER
          value: {{ include "qcexec.database.user" (list $context "owner") | quote }}
        - name: PGPASSWORD
          {{- include "qcexec.database.passwordSource" (list $context "owner") | nindent 10 }}
        - name: PGSSLMODE
          value: {{ include "qcexec.database.sslMode" $context | quote }}
        {{- with include "qcexec.database.caFile" $context }}
        - name: PGSSLROOTCERT
          value: {{ . | quote }}
        {{- end }}
        - name: APP_ROLE
          value: {{ include "qcexec.database.user" (list $context "app") | quote }}
        {{- end }}
      resources:
        {{- toYaml $values.backup.resources | nindent 8 }}
      volumeMounts:
        - {name: backups, mountPath: /backups}
        - {name: scripts, mountPath: /etc/qcexec/backup, readOnly: true}
        {{- with include "qcexec.database.caMount" $context }}
        {{- . | nindent 8 }}
        {{- end }}
  volumes:
    - name: backups
      persistentVolumeClaim:
        claimName: {{ include "qcexec.backup.claim" $context }}
    - name: scripts
      configMap:
        name: {{ include "qcexec.name" (list $context "backup") }}
    {{- with include "qcexec.database.caVolume" $context }}
    {{- . | nindent 4 }}
    {{- end }}
{{- end }}
