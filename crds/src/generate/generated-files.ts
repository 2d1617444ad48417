import { stringify } from 'yaml';
import { GROUP } from '../names.js';
import { customResourceDefinition } from './custom-resource-definition.js';
import { kindPage } from './kind-page.js';
import { kinds, type Kind } from './kinds.js';
import { conditionsPage, metricsPage } from './vocabulary-pages.js';

const NOTICE = 'Generated from crds/src by `make generate`: change the schema there, not this file.';

function toYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}

function definitionFile(kind: Kind): string {
  return `# ${NOTICE}\n${toYaml(customResourceDefinition(kind))}`;
}

/** The same definition as a template: `helm uninstall` keeps it, since deleting it would delete every model. */
function chartTemplate(kind: Kind): string {
  const { metadata, ...definition } = customResourceDefinition(kind);
  const body = toYaml({ spec: definition.spec });
  if (body.includes('{{')) throw new Error(`The definition of ${kind.kind} would be read as a template`);
  return [
    `{{- /* ${NOTICE} */}}`,
    '{{- if .Values.crds.install }}',
    `apiVersion: ${definition.apiVersion}`,
    `kind: ${definition.kind}`,
    'metadata:',
    `  name: ${metadata.name}`,
    '  annotations:',
    '    helm.sh/resource-policy: keep',
    '  labels:',
    '    {{- include "churnops.labels" . | nindent 4 }}',
    `${body}{{- end }}`,
    '',
  ].join('\n');
}

function page(content: string): string {
  return `<!-- ${NOTICE} -->\n\n${content}\n`;
}

/** Content of every generated file, by its path from the root of the repository. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const kind of kinds) {
    files.set(`crds/${GROUP}_${kind.plural}.yaml`, definitionFile(kind));
    files.set(`charts/churnops/templates/crd-${kind.plural}.yaml`, chartTemplate(kind));
    files.set(`docs/reference/${kind.singular}.md`, page(kindPage(kind)));
  }
  files.set('docs/reference/conditions.md', page(conditionsPage()));
  files.set('docs/reference/metrics.md', page(metricsPage()));
  return files;
}
