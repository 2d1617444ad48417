import type { ForwardOutcome, RoutingPeer } from '@churnops/crds';
import type { LinkEnd } from './peer-link.js';
import { PeerLink } from './peer-link.js';
import type { Answer } from './peer-messages.js';
import { answerBytes, parseLine, PeerMessage } from './peer-messages.js';
import type { SigningKeys } from './signing-keys.js';

/** How a message to a peer ended. */
export type PeerReply =
  | { readonly kind: 'Answered'; readonly answer: Answer }
  | { readonly kind: 'Failed'; readonly outcome: Exclude<ForwardOutcome, 'Answered' | 'Skipped' | 'BreakerOpen'> };

/** A sealed message, and what its answer must fit. */
export interface PeerRequest {
  readonly id: number;
  readonly line: string;
  readonly rows: number;
  readonly deadlineMilliseconds: number;
}

interface Pending {
  readonly rows: number;
  readonly settle: (reply: PeerReply) => void;
  /** Not sent yet: the link is not open. */
  unsent: string | undefined;
}

const redialMilliseconds = 1_000;

/** Messages that a peer may have missed the deadline of and still owe, before it is left for a new connection. */
const maxLate = 16;

/**
 * Sends messages to one peer over one connection, without waiting for answers in between, and dials again when it breaks. Dials at
 * once, so that the first row finds a connection.
 */
export class PeerConnection {
  state: 'Connecting' | 'Open' | 'Leaving' | 'Down' = 'Down';
  private link: PeerLink | undefined;
  private readonly pending = new Map<number, Pending>();
  private readonly late = new Set<number>();
  private redial: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    readonly peer: RoutingPeer,
    private readonly revision: string,
    private readonly keys: SigningKeys,
  ) {
    this.dial();
  }

  /** Sends a message. Never rejects, and resolves when the deadline is over at the latest. */
  request({ id, line, rows, deadlineMilliseconds }: PeerRequest): Promise<PeerReply> {
    if (this.state === 'Down' || this.state === 'Leaving') return Promise.resolve(failed('Unreachable'));
    return new Promise((resolve) => {
      const deadline = setTimeout(() => {
        this.miss(id);
      }, deadlineMilliseconds);
      const settle = (reply: PeerReply) => {
        clearTimeout(deadline);
        this.pending.delete(id);
        resolve(reply);
        this.endWhenIdle();
      };
      const unsent = this.state === 'Connecting' ? line : undefined;
      this.pending.set(id, { rows, settle, unsent });
      if (unsent === undefined) this.link?.write(line);
    });
  }

  /** Sends nothing more, and ends the connection when all that is under way is answered. */
  close(): void {
    this.closed = true;
    clearTimeout(this.redial);
    if (this.state !== 'Down') this.state = 'Leaving';
    this.endWhenIdle();
  }

  private dial(): void {
    this.state = 'Connecting';
    const target = { peer: this.peer, revision: this.revision, keys: this.keys.all() };
    this.link = new PeerLink(target, {
      opened: () => {
        this.sendWaiting();
      },
      line: (line) => {
        this.receive(line);
      },
      ended: (why) => {
        this.end(why);
      },
    });
  }

  private sendWaiting(): void {
    if (this.state === 'Connecting') this.state = 'Open';
    for (const pending of this.pending.values()) {
      if (pending.unsent !== undefined) this.link?.write(pending.unsent);
      pending.unsent = undefined;
    }
  }

  private receive(line: string): void {
    const message = parseLine(PeerMessage, line);
    if (message === undefined) {
      this.link?.end('Malformed');
    } else if (message.kind === 'Leaving') {
      this.state = 'Leaving';
      this.endWhenIdle();
    } else if (!this.late.delete(message.id)) {
      const pending = this.pending.get(message.id);
      if (pending === undefined) this.link?.end('Malformed');
      else pending.settle(this.replyOf(message, line, pending.rows));
    }
  }

  private replyOf(message: Exclude<PeerMessage, { kind: 'Leaving' }>, line: string, rows: number): PeerReply {
    if (message.kind === 'Refusal') return failed('Refused');
    const fits =
      message.revision === this.revision &&
      message.results.length === rows &&
      Buffer.byteLength(line) <= answerBytes(rows);
    return fits ? { kind: 'Answered', answer: message } : failed('Malformed');
  }

  private miss(id: number): void {
    const pending = this.pending.get(id);
    if (pending?.unsent === undefined) this.late.add(id);
    pending?.settle(failed('Timeout'));
    if (this.late.size >= maxLate) this.link?.end();
  }

  private endWhenIdle(): void {
    if (this.state === 'Leaving' && this.pending.size === 0) this.link?.end();
  }

  private end(why: LinkEnd): void {
    this.state = 'Down';
    this.link = undefined;
    this.late.clear();
    for (const { settle } of [...this.pending.values()]) settle(failed(why));
    if (this.closed) return;
    this.redial = setTimeout(() => {
      this.dial();
    }, redialMilliseconds).unref();
  }
}

function failed(outcome: Extract<PeerReply, { kind: 'Failed' }>['outcome']): PeerReply {
  return { kind: 'Failed', outcome };
}
