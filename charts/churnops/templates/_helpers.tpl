{{- define "churnops.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "churnops.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 53 | trimSuffix "-" }}
{{- else if contains (include "churnops.name" .) .Release.Name }}
{{- .Release.Name | trunc 53 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "churnops.name" .) | trunc 53 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "churnops.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "churnops.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- required "serviceAccount.name is needed when serviceAccount.create is false" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "churnops.selectorLabels" -}}
app.kubernetes.io/name: {{ include "churnops.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end }}

{{- define "churnops.labels" -}}
{{ include "churnops.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "churnops.podAnnotations" -}}
{{- if (.Values.metrics).scrapeAnnotations }}
prometheus.io/scrape: "true"
prometheus.io/port: "9090"
prometheus.io/path: /metrics
{{- end }}
{{- with .Values.podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* An image with its digest or tag: {image, root}. */}}
{{- define "churnops.image" -}}
{{- with .root.Values.images.registry }}{{ trimSuffix "/" . }}/{{ end }}
{{- .image.repository }}
{{- if .image.digest }}@{{ .image.digest }}
{{- else }}:{{ default .root.Chart.AppVersion .image.tag }}
{{- end }}
{{- end }}

{{- /* What the operator may do with the models of a namespace and with their children. It must hold what it grants to a training Job. */}}
{{- define "churnops.rules" -}}
- apiGroups: [churnops.dev]
  resources: [churnmodels]
  verbs: [list, watch]
- apiGroups: [churnops.dev]
  resources: [churnmodelrevisions]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [churnops.dev]
  resources: [churnmodels/status, churnmodelrevisions/status]
  verbs: [update]
- apiGroups: [apps]
  resources: [deployments]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [apps]
  resources: [deployments/scale]
  verbs: [patch]
- apiGroups: [batch]
  resources: [jobs]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: ['']
  resources: [pods]
  verbs: [get, list, watch, patch]
- apiGroups: ['']
  resources: [services]
  verbs: [get, list, watch, create, patch]
- apiGroups: ['']
  resources: [serviceaccounts, configmaps]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: ['']
  # Never list or watch: the operator reads the metadata of the Secrets whose names it knows.
  resources: [secrets]
  verbs: [get, create, patch]
- apiGroups: [rbac.authorization.k8s.io]
  resources: [roles, rolebindings]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [autoscaling]
  resources: [horizontalpodautoscalers]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [get, list, watch, create, patch]
- apiGroups: [events.k8s.io]
  resources: [events]
  # Listed for a Job that has no pod: only its events say why.
  verbs: [list, create, patch]
{{- end }}
