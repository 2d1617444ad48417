import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TrainingFailure, TrainingProgress } from '@churnops/crds';
import { TrainingProblem } from '../failure.js';
import type { TrainedModel, TrainingTask } from '../train.js';
import { TrainingMessage } from './messages.js';

export interface ChildOptions {
  /** Environment of the training process. */
  readonly environment: Record<string, string | undefined>;
  readonly progress: (progress: TrainingProgress) => void;
  /** Ends the training process at once; the promise is then rejected with the signal's reason. */
  readonly signal: AbortSignal;
}

/** Trains in a process of its own, since native training blocks whatever process it runs in. */
export function trainInChild(task: TrainingTask, options: ChildOptions): Promise<TrainedModel> {
  const entry = fileURLToPath(new URL('./training-process.js', import.meta.url));
  const child = fork(entry, [], { serialization: 'advanced', env: options.environment });
  return new Promise<TrainedModel>((resolve, reject) => {
    const stop = () => {
      child.kill('SIGKILL');
      reject(asError(options.signal.reason));
    };
    options.signal.addEventListener('abort', stop, { once: true });
    child.on('message', (received) => {
      const message = TrainingMessage.parse(received);
      if (message.kind === 'Progress') options.progress(message.progress);
      else settle(message, resolve, reject);
    });
    child.once('error', reject);
    // Comes after all messages; does nothing when one of them has settled the promise.
    child.once('close', (code, signal) => {
      options.signal.removeEventListener('abort', stop);
      reject(deathOf(code, signal));
    });
    if (options.signal.aborted) stop();
    // A process that is dead before it was told can't be told; how it died comes with `close`.
    else child.send(task, () => undefined);
  });
}

type FinalMessage = Exclude<TrainingMessage, { kind: 'Progress' }>;

function settle(message: FinalMessage, resolve: (model: TrainedModel) => void, reject: (error: Error) => void): void {
  switch (message.kind) {
    case 'Trained':
      resolve({ manifest: message.manifest, onnx: message.onnx, replay: message.replay, card: message.card });
      return;
    case 'Failed':
      reject(problemOf(message.failure));
      return;
    case 'Crashed':
      reject(new Error(`The training process failed: ${message.stack}`));
  }
}

function problemOf({ reason, message, finding }: TrainingFailure): TrainingProblem {
  return new TrainingProblem(reason, message, { finding });
}

function deathOf(code: number | null, signal: NodeJS.Signals | null): TrainingProblem {
  const message =
    signal === 'SIGKILL'
      ? 'Training was killed, probably for want of memory: raise spec.training.resources.limits.memory, or free memory on this machine.'
      : `The training process ended without a result (${signal === null ? `exit code ${code ?? ''}` : signal}).`;
  return new TrainingProblem('TrainingFailed', message);
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
