import { describe, expect, it } from '@jest/globals';
import { KubeObject } from './runtime/kube-object.js';
import { verdictManager } from './verdict-manager.js';

const entry = (manager: string, annotation: string) => ({
  manager,
  operation: 'Update',
  fieldsV1: { 'f:metadata': { 'f:annotations': { '.': {}, [`f:${annotation}`]: {} } } },
});
const status = { manager: 'churnops-operator', subresource: 'status', fieldsV1: { 'f:status': { '.': {} } } };
const revision = (managedFields?: readonly object[]) =>
  KubeObject.parse({
    ...{ apiVersion: 'churnops.dev/v1alpha1', kind: 'ChurnModelRevision' },
    metadata: { name: 'telco-2', uid: 'uid', resourceVersion: '1', managedFields },
  });

describe('who set the verdict on a revision', () => {
  it.each([
    [
      'is the manager of the annotation',
      [status, entry('kubectl-annotate', 'churnops.dev/verdict')],
      'kubectl-annotate',
    ],
    ['is nobody while others set other annotations', [status, entry('argocd', 'example.com/note')], undefined],
    ['is nobody where nothing is managed', undefined, undefined],
  ])('%s', (_, managedFields, manager) => {
    expect(verdictManager(revision(managedFields))).toBe(manager);
  });

  it('is nobody when the revision is gone', () => {
    expect(verdictManager(undefined)).toBeUndefined();
  });
});
