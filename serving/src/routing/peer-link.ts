import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { ForwardOutcome, RoutingPeer } from '@churnops/crds';
import { ports } from '@churnops/crds';
import { LineSplitter } from './line-splitter.js';
import type { Hello } from './peer-messages.js';
import { answerBytes, Greeting, messageLimits, parseLine } from './peer-messages.js';
import { seal, unseal } from './sealed-line.js';
import type { MountedKey } from './signing-keys.js';
import { signingKey } from './signing-keys.js';

/** Why a link ended: what becomes of the messages that it carried. */
export type LinkEnd = Extract<ForwardOutcome, 'Unreachable' | 'Malformed'>;

export interface LinkHandlers {
  /** The peer is who it should be: rows may be sent. */
  opened(): void;
  line(line: string): void;
  /** Exactly once, after everything else. */
  ended(why: LinkEnd): void;
}

export interface LinkTarget {
  readonly peer: RoutingPeer;
  /** The revision that must answer. */
  readonly revision: string;
  readonly keys: readonly MountedKey[];
}

/** How long a peer may take to connect and to greet, in milliseconds. */
const handshakeMilliseconds = 1_000;

/** One TCP connection to a peer, from dialling to its end. */
export class PeerLink {
  private readonly socket: Socket;
  private readonly nonce = randomBytes(16).toString('hex');
  private readonly splitter = new LineSplitter(messageLimits.helloBytes);
  private greeted = false;
  private why: LinkEnd = 'Unreachable';

  constructor(
    private readonly target: LinkTarget,
    private readonly handlers: LinkHandlers,
  ) {
    const { address, port = ports.peer.number } = target.peer;
    this.socket = connect({ host: address, port, noDelay: true });
    const handshake = setTimeout(() => this.socket.destroy(), handshakeMilliseconds);
    this.socket.on('connect', () => {
      this.hello();
    });
    this.socket.on('data', (chunk) => {
      const whole = this.splitter.push(chunk, (line) => {
        this.take(line, handshake);
      });
      if (!whole) this.end('Malformed');
    });
    // The reason does not matter, but an error that nobody listens to would end the process.
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      clearTimeout(handshake);
      handlers.ended(this.why);
    });
  }

  write(line: string): void {
    this.socket.write(`${line}\n`);
  }

  end(why: LinkEnd = 'Unreachable'): void {
    this.why = why;
    this.socket.destroy();
  }

  private hello(): void {
    const key = signingKey(this.target.keys, Date.now());
    const hello: Hello = { kind: 'Hello', revision: this.target.revision, nonce: this.nonce, time: Date.now() };
    if (key === undefined) this.end();
    else this.write(seal(key, JSON.stringify(hello)));
  }

  private take(line: string, handshake: NodeJS.Timeout): void {
    // A chunk may hold more lines than the one that ended the link.
    if (this.socket.destroyed) return;
    if (this.greeted) {
      this.handlers.line(line);
    } else if (this.isGreeting(line)) {
      this.greeted = true;
      this.splitter.limit = answerBytes(messageLimits.rows);
      clearTimeout(handshake);
      this.handlers.opened();
    } else {
      this.end('Malformed');
    }
  }

  private isGreeting(line: string): boolean {
    const greeting = parseLine(Greeting, unseal(this.target.keys, line) ?? '');
    return greeting?.nonce === this.nonce && greeting.revision === this.target.revision;
  }
}
