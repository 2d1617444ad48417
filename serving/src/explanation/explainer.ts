import { Worker } from 'node:worker_threads';
import { Problem } from '../http/problem.js';
import { readModel } from '../model/artifact.js';
import type { LoadedModel } from '../model/load-model.js';
import type { ExplainMessage, Explanation, ModelMessage } from './explanation-messages.js';
import type { Reasons } from './reasons.js';
import { explainedFeatures } from './reasons.js';

/** Rows that wait at most: about a second of work with 300 trees. */
const MOST_WAITING_ROWS = 1_000;

interface Waiting {
  readonly resolve: (explanation: Explanation) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Tells why rows score as they do, in a thread of its own, so that predictions don't wait. The thread is started by the first row: a
 * process that nobody asks for reasons has none.
 */
export class Explainer {
  private worker: Promise<Worker> | undefined;
  private readonly waiting: Waiting[] = [];
  private waitingRows = 0;

  constructor(private readonly model: Pick<LoadedModel, 'folder' | 'manifest'>) {}

  /**
   * @param matrix Encoded rows, one after the other.
   * @param listed Features to list of each row, at most.
   * @returns The reasons of each row, in their order.
   * @throws Problem 409 when this revision can't be explained, 503 when too many rows wait.
   */
  async explain(matrix: Float32Array, listed: number): Promise<readonly Reasons[]> {
    const rows = matrix.length / this.model.manifest.model.width;
    if (this.waitingRows + rows > MOST_WAITING_ROWS) throw tooManyWaiting();
    this.waitingRows += rows;
    try {
      const explanation = await this.ask({ kind: 'Explain', matrix, listed });
      if (explanation === null) throw notExplainable();
      return explanation;
    } finally {
      this.waitingRows -= rows;
    }
  }

  /** Ends the thread. */
  async close(): Promise<void> {
    const worker = await this.worker;
    await worker?.terminate();
  }

  private async ask(message: ExplainMessage): Promise<Explanation> {
    this.worker ??= this.start();
    const worker = await this.worker;
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      worker.postMessage(message);
    });
  }

  private async start(): Promise<Worker> {
    const { folder, manifest } = this.model;
    try {
      const model = await readModel(folder, manifest);
      const worker = new Worker(new URL('explanation-worker.js', import.meta.url));
      worker.unref();
      worker.on('message', (explanation: Explanation) => this.waiting.shift()?.resolve(explanation));
      let reason: unknown = new Error('The thread that explains has ended');
      worker.on('error', (error) => {
        reason = error;
      });
      worker.on('exit', () => {
        this.fail(reason);
      });
      const first: ModelMessage = {
        kind: 'Model',
        model,
        contract: manifest.model,
        features: explainedFeatures(manifest),
      };
      worker.postMessage(first);
      return worker;
    } catch (error) {
      this.worker = undefined;
      throw error;
    }
  }

  /** The next row starts another thread. */
  private fail(reason: unknown): void {
    this.worker = undefined;
    for (const { reject } of this.waiting.splice(0)) reject(reason);
  }
}

function tooManyWaiting(): Problem {
  const detail = 'Too many rows wait for their reasons. Try again later, or ask for fewer.';
  return new Problem('unavailable', detail, { headers: { 'retry-after': '1' } });
}

function notExplainable(): Problem {
  return new Problem(
    'not-explainable',
    'Reasons are not available for this revision: its artifact does not tell how many rows of training came to each node of its trees, as those of later releases do. Train the model again to get them.',
  );
}
