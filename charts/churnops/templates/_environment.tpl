{{- /* What operator/src/config.ts reads. */}}
{{- define "churnops.environment" -}}
- name: CHURNOPS_LEASE_NAMESPACE
  valueFrom:
    fieldRef:
      fieldPath: metadata.namespace
- name: CHURNOPS_LEASE_NAME
  value: {{ include "churnops.fullname" . }}
- name: CHURNOPS_OPERATOR_NAMESPACE
  valueFrom:
    fieldRef:
      fieldPath: metadata.namespace
- name: CHURNOPS_SCRAPE_NAMESPACES
  value: {{ join "," .Values.scrapeNamespaces | quote }}
- name: CHURNOPS_NAMESPACES
  value: {{ join "," .Values.watchNamespaces | quote }}
- name: CHURNOPS_TRAINER_IMAGE
  value: {{ include "churnops.image" (dict "image" .Values.images.trainer "root" .) | quote }}
- name: CHURNOPS_SERVING_IMAGE
  value: {{ include "churnops.image" (dict "image" .Values.images.serving "root" .) | quote }}
- name: CHURNOPS_LOG_LEVEL
  value: {{ .Values.logLevel }}
- name: CHURNOPS_PORT
  value: "9090"
- name: CHURNOPS_CONCURRENCY
  value: {{ .Values.concurrency | default 4 | quote }}
{{- with .Values.proxy }}
{{- with .http }}
- name: HTTP_PROXY
  value: {{ . | quote }}
{{- end }}
{{- with .https }}
- name: HTTPS_PROXY
  value: {{ . | quote }}
{{- end }}
{{- if or .http .https }}
# Calls to the API server never go through the proxy: the kubelet fills in its address.
- name: NO_PROXY
  value: {{ list .noProxy "localhost,127.0.0.1,.svc,.cluster.local,$(KUBERNETES_SERVICE_HOST)" | compact | join "," | quote }}
{{- end }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}
