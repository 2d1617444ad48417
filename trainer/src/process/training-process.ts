import { TrainingProblem } from '../failure.js';
import { train, type TrainingTask } from '../train.js';
import type { TrainingMessage } from './messages.js';

// The process that does the native work: its parent stays able to answer signals, and this one may be killed at any time.

function send(message: TrainingMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, undefined, {}, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

async function answer(task: TrainingTask): Promise<TrainingMessage> {
  try {
    const model = await train(task, (progress) => void send({ kind: 'Progress', progress }));
    return { kind: 'Trained', ...model };
  } catch (error) {
    if (error instanceof TrainingProblem) return { kind: 'Failed', failure: error.failure };
    return { kind: 'Crashed', stack: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

// A parent that died leaves nobody to train for.
process.once('disconnect', () => {
  process.exit(1);
});
process.once('message', (task: TrainingTask) => {
  void answer(task)
    .then(send)
    .then(() => {
      process.exit(0);
    });
});
