import type { Socket } from 'node:net';
import type { RoutingMetrics } from '../metrics/routing-metrics.js';
import type { Predictor } from '../prediction/predictor.js';
import type { ServedModel } from '../prediction/served-model.js';
import { LineSplitter } from './line-splitter.js';
import type { Answer, Greeting, Hello, PeerMessage, PeerResult, RefusalReason, Score } from './peer-messages.js';
import { answerBytes, messageLimits, parseLine, RouterMessage } from './peer-messages.js';
import { isFresh, seal, unseal } from './sealed-line.js';
import type { SigningKeys } from './signing-keys.js';
import { signingKey } from './signing-keys.js';

export interface PeerSessionParts {
  readonly served: Pick<ServedModel, 'revision' | 'manifest'>;
  readonly predictor: Predictor;
  readonly keys: SigningKeys;
  readonly metrics: RoutingMetrics;
}

/** Messages of one router that may be under way here: as many as it may have under way itself. */
const maxScoring = 64;

/** Answers that a router leaves unread, in bytes, before its connection is closed. */
const maxUnread = 1024 * 1024;

/** How long a stranger may stay silent, in milliseconds. */
const helloMilliseconds = 5_000;

/** Answers one router on its connection. Only who holds a signing key of the model gets any answer. */
export class PeerSession {
  private readonly splitter = new LineSplitter(messageLimits.helloBytes);
  private readonly waiting: NodeJS.Timeout;
  private greeted = false;
  private scoring = 0;

  constructor(
    private readonly socket: Socket,
    private readonly parts: PeerSessionParts,
  ) {
    socket.setNoDelay(true);
    this.waiting = setTimeout(() => socket.destroy(), helloMilliseconds);
    socket.on('data', (chunk) => {
      const whole = this.splitter.push(chunk, (line) => {
        this.take(line);
      });
      // A line that broke the connection may be followed by more.
      if (!whole && !socket.destroyed) this.break('Malformed');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(this.waiting);
    });
  }

  /** Asks the router to send nothing more. */
  leave(): void {
    if (this.greeted) this.send({ kind: 'Leaving' });
    else this.socket.destroy();
  }

  private take(line: string): void {
    // A chunk may hold more lines than the one that ended the connection.
    if (this.socket.destroyed) return;
    const document = unseal(this.parts.keys.all(), line);
    if (document === undefined) {
      this.break('Unsigned');
      return;
    }
    const message = parseLine(RouterMessage, document);
    if (message === undefined) this.break('Malformed');
    else if (message.kind === 'Hello') this.greet(message);
    else void this.answer(message);
  }

  private greet({ revision, nonce, time }: Hello): void {
    const reason = this.objection(revision, time);
    const key = signingKey(this.parts.keys.all(), Date.now());
    if (reason !== undefined || key === undefined) {
      this.break(reason ?? 'Unsigned');
      return;
    }
    clearTimeout(this.waiting);
    this.greeted = true;
    this.splitter.limit = messageLimits.requestBytes;
    const greeting: Greeting = { kind: 'Greeting', revision, nonce };
    this.socket.write(`${seal(key, JSON.stringify(greeting))}\n`);
  }

  private async answer({ id, revision, time, copy, rows }: Score): Promise<void> {
    const reason = this.objection(revision, time) ?? (this.scoring >= maxScoring ? 'Busy' : undefined);
    if (reason !== undefined) {
      this.refuse(id, reason);
      return;
    }
    this.scoring += 1;
    try {
      const results = await this.parts.predictor.scoreForPeer(rows, copy);
      if (copy) this.countCopies(results);
      this.hand(id, results);
    } catch {
      this.refuse(id, 'Failed');
    }
    this.scoring -= 1;
  }

  private hand(id: number, results: PeerResult[]): void {
    const { revision, manifest } = this.parts.served;
    const answer: Answer = { kind: 'Answer', id, revision, threshold: manifest.decision.threshold, results };
    const text = JSON.stringify(answer);
    // Warnings repeat what the row holds, so that a row could make them as long as it likes: results matter more.
    if (Buffer.byteLength(text) <= answerBytes(results.length)) this.write(text);
    else this.send({ ...answer, results: results.map(withoutWarnings) });
  }

  private countCopies(results: readonly PeerResult[]): void {
    for (const result of results) {
      if (result !== null) this.parts.metrics.copied(result.churn);
    }
  }

  private objection(revision: string, time: number): RefusalReason | undefined {
    if (!isFresh(time, Date.now())) return 'Stale';
    return revision === this.parts.served.revision ? undefined : 'ForeignRevision';
  }

  private refuse(id: number, reason: RefusalReason): void {
    this.parts.metrics.refused(reason);
    this.send({ kind: 'Refusal', id, reason });
  }

  private break(reason: RefusalReason): void {
    this.parts.metrics.refused(reason);
    this.socket.destroy();
  }

  private send(message: PeerMessage): void {
    this.write(JSON.stringify(message));
  }

  private write(text: string): void {
    this.socket.write(`${text}\n`);
    if (this.socket.writableLength > maxUnread) this.socket.destroy();
  }
}

function withoutWarnings(result: PeerResult): PeerResult {
  return result === null ? null : { probability: result.probability, churn: result.churn };
}
