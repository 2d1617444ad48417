import { registrationEnvironment } from '@churnops/crds';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { at, type KubeObject, textAt } from './kube-object.js';
import type { Story } from './operator-lab.js';
import { goesWell, type Script, type TrainingPlay } from './played-kubelet.js';
import { repositoryRoot } from './repository-root.js';

const program = join(repositoryRoot(), 'trainer', 'dist', 'main.js');

const Spec = z.looseObject({
  containers: z
    .array(
      z.looseObject({
        command: z.array(z.string()),
        env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })).default([]),
        volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })).default([]),
      }),
    )
    .min(1),
  volumes: z
    .array(
      z.looseObject({
        name: z.string(),
        configMap: z
          .looseObject({ name: z.string(), items: z.array(z.object({ key: z.string(), path: z.string() })).optional() })
          .optional(),
      }),
    )
    .default([]),
});
type Spec = z.infer<typeof Spec>;

/** Where the pods of the operator find artifacts. */
const ARTIFACTS = '/var/run/churnops/artifacts';

/** Plays the pods that talk to MLflow with the real command, which is given what their volumes hold. */
export class RegistrationPods {
  readonly #plays = new Map<string, TrainingPlay>();

  private constructor(
    private readonly story: Story,
    private readonly folder: string,
    private readonly trains: Script['training'],
  ) {}

  /** @param trains what pods do that train */
  static async begin(story: Story, trains = goesWell.training): Promise<RegistrationPods> {
    const pods = new RegistrationPods(story, await mkdtemp(join(tmpdir(), 'churnops-registration-')), trains);
    story.direct(pods.#script());
    return pods;
  }

  async end(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  #script(): Pick<Script, 'training'> {
    return {
      training: (pod) => {
        if (!registers(pod)) return this.trains(pod);
        const { name } = pod.metadata;
        const play = this.#plays.get(name);
        if (play === undefined) this.#begin(pod);
        return play ?? { kind: 'hold' };
      },
    };
  }

  #begin(pod: KubeObject): void {
    const { name } = pod.metadata;
    this.#plays.set(name, { kind: 'hold' });
    void this.#run(pod)
      .catch((error: unknown): TrainingPlay => ({ kind: 'fail', exitCode: 1, message: String(error) }))
      .then((play) => {
        this.#plays.set(name, play);
        this.story.direct(this.#script());
      });
  }

  async #run(pod: KubeObject): Promise<TrainingPlay> {
    const spec = Spec.parse(pod['spec']);
    const root = join(this.folder, pod.metadata.name);
    await this.#mount(spec, root);
    const told = (spec.containers[0]?.env ?? []).map(({ name, value = '' }) => {
      return [
        name,
        name === registrationEnvironment.registration ? value.replaceAll(ARTIFACTS, join(root, ARTIFACTS)) : value,
      ];
    });
    const env = { ...process.env, ...z.record(z.string(), z.string()).parse(Object.fromEntries(told)) };
    const child = spawn(process.execPath, [program, 'register'], { stdio: ['ignore', 'pipe', 'pipe'], env });
    let log = '';
    child.stdout.on('data', (chunk) => (log += String(chunk)));
    child.stderr.on('data', (chunk) => (log += String(chunk)));
    await once(child, 'close');
    return child.exitCode === 0 ? { kind: 'succeed' } : { kind: 'fail', exitCode: child.exitCode ?? 1, message: log };
  }

  async #mount({ containers, volumes }: Spec, root: string): Promise<void> {
    for (const { name, mountPath } of containers[0]?.volumeMounts ?? []) {
      const source = volumes.find((volume) => volume.name === name)?.configMap;
      if (source === undefined) continue;
      const content = await this.story.find('ConfigMap', source.name);
      await mkdir(join(root, mountPath), { recursive: true });
      for (const { key, path } of source.items ?? [])
        await writeFile(join(root, mountPath, path), textAt(content, 'data', key));
    }
  }
}

function registers(pod: KubeObject): boolean {
  return JSON.stringify(at(pod, 'spec', 'containers', 0, 'command')).includes('"register"');
}
