import type { ForwardOutcome, RoutingPeer } from '@churnops/crds';
import { RowSource } from '@churnops/crds';
import type { Log } from '../log.js';
import type { GroupLabels, RoutingMetrics } from '../metrics/routing-metrics.js';
import type { Prediction } from '../prediction/prediction.js';
import { afterTurns } from './after-turns.js';
import type { Admission } from './breaker.js';
import { Breaker } from './breaker.js';
import { choosePeer } from './choose-peer.js';
import type { InFlight } from './in-flight.js';
import type { PeerReply, PeerRequest } from './peer-connection.js';
import { PeerConnection } from './peer-connection.js';
import type { Answer, PeerResult } from './peer-messages.js';
import { messageLimits, scoreDocument } from './peer-messages.js';
import { seal } from './sealed-line.js';
import type { MountedKey, SigningKeys } from './signing-keys.js';
import { signingKey } from './signing-keys.js';
import { messagesOf } from './staging.js';

/**
 * Turns of the event loop that rows wait for others. Writing to a socket is the dearest part of forwarding: a busy pod takes few
 * rows of a group in one turn, and then would write for each. An idle one turns in microseconds.
 */
const stagingTurns = 4;

/**
 * Openings of the breaker after which it stays open until the next decision. Pods of the control group serve: one that comes back
 * must count again, or a broken candidate would be compared with a group that nothing is sent to.
 */
const maxOpenings = { Candidate: 3, Control: Infinity } as const;

/** What all groups of a pod share. */
export interface GroupSurroundings {
  readonly keys: SigningKeys;
  readonly inFlight: InFlight;
  readonly metrics: RoutingMetrics;
  readonly log: Log;
}

/** What the newest routing says about a group. */
export interface GroupTerms {
  readonly peers: readonly RoutingPeer[];
  readonly sequence: number;
  /** Whether live rows are copies. Replayed ones always are. */
  readonly copy: boolean;
  readonly deadlineMilliseconds: number;
  /** Whether there are replayed rows at all. */
  readonly replays: boolean;
}

interface SentRow {
  /** The row as JSON. */
  readonly text: string;
  readonly source: RowSource;
}

interface StagedRow extends SentRow {
  readonly bytes: number;
  readonly settle: (prediction: Prediction | undefined) => void;
}

/** Where an answer comes from, whose rows it is about, and how long it took. */
interface Arrival {
  readonly source: RowSource;
  readonly pod: string;
  readonly seconds: number;
}

/** The pods that one slice of the customers is forwarded to. */
export class PeerGroup {
  private connections: PeerConnection[] = [];
  private breaker: Breaker;
  private staged: StagedRow[] = [];
  /** Counts messages: their ids, and whose turn it is. */
  private turn = 0;
  private terms: GroupTerms = {
    peers: [],
    sequence: -1,
    copy: true,
    deadlineMilliseconds: 0,
    replays: false,
  };

  /** @param revision The revision of the group's pods. */
  constructor(
    private readonly labels: GroupLabels,
    private readonly revision: string,
    private readonly surroundings: GroupSurroundings,
  ) {
    this.breaker = new Breaker(maxOpenings[labels.group]);
  }

  /** Keeps the connections to pods that are still listed. A higher sequence is a new decision, which closes the breaker. */
  follow(terms: GroupTerms): void {
    if (terms.sequence > this.terms.sequence) this.renewBreaker();
    this.terms = terms;
    const before = new Map(this.connections.map((connection) => [keyOf(connection.peer), connection]));
    this.connections = terms.peers.map((peer) => {
      const kept = before.get(keyOf(peer));
      before.delete(keyOf(peer));
      return kept ?? new PeerConnection(peer, this.revision, this.surroundings.keys);
    });
    for (const connection of before.values()) connection.close();
    const pods = terms.peers.map(({ pod }) => pod);
    for (const source of terms.replays ? RowSource.options : (['Live'] as const)) {
      this.surroundings.metrics.begin({ ...this.labels, source }, [...pods, '']);
    }
  }

  private renewBreaker(): void {
    this.breaker = new Breaker(maxOpenings[this.labels.group]);
    this.surroundings.metrics.broken(this.labels, false);
  }

  close(): void {
    for (const connection of this.connections) connection.close();
    this.connections = [];
  }

  /** Whether there is nobody to forward to. */
  get empty(): boolean {
    return this.connections.length === 0;
  }

  /** Sends a row with all others of the next few turns of the event loop. Resolves with undefined unless a good result came in time. */
  send({ text, source }: SentRow): Promise<Prediction | undefined> {
    const bytes = Buffer.byteLength(text);
    return new Promise((settle) => {
      const staged = { text, source, bytes, settle };
      if (bytes > messageLimits.rowBytes) this.giveUp(source, [staged], 'Skipped');
      else if (this.staged.push(staged) === 1) afterTurns(stagingTurns, this.flush);
    });
  }

  private readonly flush = (): void => {
    const rows = this.staged;
    this.staged = [];
    for (const source of RowSource.options) {
      for (const message of messagesOf(rows.filter((row) => row.source === source)))
        void this.dispatch(source, message);
    }
  };

  private async dispatch(source: RowSource, rows: readonly StagedRow[]): Promise<void> {
    const start = performance.now();
    const admission = this.breaker.admit(start);
    if (admission === undefined) {
      this.giveUp(source, rows, 'BreakerOpen');
      return;
    }
    const { keys, inFlight } = this.surroundings;
    const key = signingKey(keys.all(), Date.now());
    const connection = choosePeer(this.connections, this.turn);
    const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
    if (key === undefined || connection === undefined || !inFlight.take(bytes)) {
      this.giveUp(source, rows, 'Skipped');
      return;
    }
    const reply = await connection.request(this.requestOf(source, rows, key));
    inFlight.give(bytes);
    const now = performance.now();
    this.judge(admission, isGood(reply), now);
    const { pod } = connection.peer;
    if (reply.kind === 'Failed') this.giveUp(source, rows, reply.outcome, pod);
    else this.hand(rows, reply.answer, { source, pod, seconds: (now - start) / 1000 });
  }

  private requestOf(source: RowSource, rows: readonly StagedRow[], key: MountedKey): PeerRequest {
    const { copy, deadlineMilliseconds } = this.terms;
    this.turn += 1;
    const head = { id: this.turn, revision: this.revision, time: Date.now(), copy: copy || source === 'Replay' };
    const line = seal(key, scoreDocument({ ...head, rows: rows.map(({ text }) => text) }));
    return { id: head.id, line, rows: rows.length, deadlineMilliseconds };
  }

  private judge(admission: Admission, succeeded: boolean, now: number): void {
    const change = this.breaker.record(admission, succeeded, now);
    if (change === undefined) return;
    const { log, metrics } = this.surroundings;
    metrics.broken(this.labels, change === 'Opened');
    const fields = { group: this.labels.group, revision: this.revision };
    if (change === 'Opened') log.warn(fields, 'Half of the last messages to the group failed; it is only probed now');
    else log.info(fields, 'The group answers again');
  }

  private giveUp(source: RowSource, rows: readonly StagedRow[], outcome: ForwardOutcome, pod = ''): void {
    this.surroundings.metrics.forwarded({ ...this.labels, source, pod }, outcome, rows.length);
    for (const { settle } of rows) settle(undefined);
  }

  private hand(rows: readonly StagedRow[], answer: Answer, { source, pod, seconds }: Arrival): void {
    const { metrics } = this.surroundings;
    const labels = { ...this.labels, source };
    let answered = 0;
    for (const [position, { settle }] of rows.entries()) {
      const result = answer.results[position] ?? null;
      settle(result === null ? undefined : predictionOf(answer, result));
      if (result === null) continue;
      answered += 1;
      metrics.timed(labels, seconds);
    }
    metrics.forwarded({ ...labels, pod }, 'Answered', answered);
    metrics.forwarded({ ...labels, pod }, 'Refused', rows.length - answered);
  }
}

function keyOf({ pod, address, port }: RoutingPeer): string {
  return JSON.stringify([pod, address, port]);
}

/** A peer that refuses every row of a message, although this pod can score them, is no good peer. */
function isGood(reply: PeerReply): boolean {
  return reply.kind === 'Answered' && reply.answer.results.some((result) => result !== null);
}

function predictionOf({ revision, threshold }: Answer, result: NonNullable<PeerResult>): Prediction {
  const { probability, churn, warnings } = result;
  return { revision, probability, churn, threshold, ...(warnings !== undefined && { warnings }) };
}
