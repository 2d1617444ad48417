import type { WriteStream } from 'node:tty';
import type { TrainingProgress } from '@churnops/crds';

const WIDTH = 30;

/** Progress for a person: one line that fills up on a terminal, else a line a step. */
export class ProgressLine {
  readonly #stream: Pick<WriteStream, 'write'> & { readonly isTTY?: boolean };
  #step = '';

  constructor(stream: Pick<WriteStream, 'write'> & { readonly isTTY?: boolean }) {
    this.#stream = stream;
  }

  show(progress: TrainingProgress): void {
    if (this.#stream.isTTY === true) {
      const filled = Math.round((progress.percent / 100) * WIDTH);
      const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
      this.#stream.write(`\r\u001b[K${bar} ${progress.percent} % ${progress.step}${trialOf(progress)}`);
    } else if (progress.step !== this.#step) {
      this.#stream.write(`${progress.percent} % ${progress.step}\n`);
    }
    this.#step = progress.step;
  }

  /** Takes the bar away, so that what follows starts on a clean line. */
  end(): void {
    if (this.#stream.isTTY === true) this.#stream.write('\r\u001b[K');
  }
}

function trialOf({ trial }: TrainingProgress): string {
  if (trial === undefined) return '';
  const best = trial.bestLogLoss === undefined ? '' : `, best log loss ${trial.bestLogLoss.toFixed(4)}`;
  return ` ${trial.number} of ${trial.of}${best}`;
}
