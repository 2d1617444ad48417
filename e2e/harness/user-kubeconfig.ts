import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Story } from './operator-lab.js';

const TokenRequest = z.looseObject({ status: z.looseObject({ token: z.string() }) });

/** What an RBAC rule allows. */
interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/**
 * Makes a user with these rights in the story's namespace and no others. Returns the path of a kubeconfig whose context
 * `story` is that user in that namespace; its current context is `nowhere`, a cluster that is not there.
 */
export async function makeUser(story: Story, name: string, rules: readonly Rule[]): Promise<string> {
  const { cluster, controlPlane } = story.lab;
  await story.create('ServiceAccount', { metadata: { name } });
  await story.create('Role', { metadata: { name }, rules });
  await story.create('RoleBinding', {
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', name, namespace: story.namespace }],
  });
  const answer = await cluster.call('POST', `${story.path('ServiceAccount', name)}/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: 7_200 },
  });
  const { token } = TokenRequest.parse(answer).status;
  const ca = (await readFile(join(controlPlane.folder, 'ca.crt'))).toString('base64');
  const server = `https://127.0.0.1:${controlPlane.port}`;
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'test', cluster: { server, 'certificate-authority-data': ca } },
      { name: 'nowhere', cluster: { server: 'https://127.0.0.1:9' } },
    ],
    users: [{ name, user: { token } }],
    contexts: [
      { name: 'story', context: { cluster: 'test', user: name, namespace: story.namespace } },
      { name: 'nowhere', context: { cluster: 'nowhere', user: name } },
    ],
    'current-context': 'nowhere',
  };
  const path = join(controlPlane.folder, `${story.namespace}-${name}.kubeconfig`);
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}
