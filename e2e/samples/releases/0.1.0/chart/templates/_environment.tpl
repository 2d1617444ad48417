{{- /* What operator/src/config.ts reads. */}}
{{- define "churnops.environment" -}}
- name: CHURNOPS_LEASE_NAMESPACE
  valueFrom:
    fieldRef:
      fieldPath: metadata.namespace
- name: CHURNOPS_LEASE_NAME
  value: {{ include "churnops.fullname" . }}
- name: CHURNOPS_NAMESPACES
  value: {{ join "," .Values.watchNamespaces | quote }}
- name: CHURNOPS_TRAINER_IMAGE
  value: {{ include "churnops.image" (dict "image" .Values.images.trainer "chart" .Chart) }}
- name: CHURNOPS_SERVING_IMAGE
  value: {{ include "churnops.image" (dict "image" .Values.images.serving "chart" .Chart) }}
- name: CHURNOPS_LOG_LEVEL
  value: {{ .Values.logLevel }}
- name: CHURNOPS_PORT
  value: "9090"
{{- end }}
