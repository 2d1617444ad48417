import type { ForwardGroup, Manifest, Routing, RowSource } from '@churnops/crds';
import type { RoutingMetrics } from '../metrics/routing-metrics.js';
import type { Prediction } from '../prediction/prediction.js';
import type { CustomerHash } from './customer-hash.js';
import { customerHash } from './customer-hash.js';
import type { Forward, Forwarding, OwnResult } from './forwarding.js';
import { groupOf } from './group-of.js';
import { InFlight } from './in-flight.js';
import { murmur3 } from './murmur3.js';
import type { GroupSurroundings } from './peer-group.js';
import { PeerGroup } from './peer-group.js';
import type { ReplayRow } from './replay.js';
import { Replay } from './replay.js';
import type { RoutingState } from './routing-state.js';
import type { ScoreBin } from './score-bins.js';
import { scoreBins } from './score-bins.js';

export interface RouterParts extends Pick<GroupSurroundings, 'keys' | 'log'> {
  readonly metrics: RoutingMetrics;
  /** The artifact and the name of the revision that this pod serves. */
  readonly manifest: Manifest;
  readonly revision: string;
  readonly requestTimeoutSeconds: number;
  /** Reads the held-out rows of the artifact when they are wanted for the first time. Never rejects. */
  readonly replayRows: () => Promise<readonly ReplayRow[]>;
}

/** A rollout as this pod takes part in it. */
interface Rollout {
  readonly candidate: NonNullable<Routing['candidate']>;
  /** Salts the hash of the customers, so that not always the same ones go first. */
  readonly seed: number;
  readonly groups: { readonly Candidate: PeerGroup; readonly Control: PeerGroup };
}

/** Sends a share of the customers to the candidate, and as many to the control group, as the routing annotation says. */
export class Router implements Forwarding {
  private rollout: Rollout | undefined;
  /** The candidate that the counters are about, also after its rollout. */
  private counted: string | undefined;
  private stopped = false;
  /** Which group gets the next copy first. */
  private controlFirst = false;
  private readonly hash: CustomerHash;
  private readonly scoreBin: ScoreBin;
  private readonly surroundings: GroupSurroundings;
  private readonly replay: Replay;

  constructor(private readonly parts: RouterParts) {
    const { manifest, metrics, keys, log } = parts;
    this.hash = customerHash(manifest);
    this.scoreBin = scoreBins(manifest);
    this.surroundings = { keys, metrics, log, inFlight: new InFlight() };
    this.replay = new Replay(parts.replayRows, (row) => {
      this.sendCopies(row);
    });
  }

  forward(row: unknown): Forward | undefined {
    const { rollout } = this;
    if (rollout === undefined) return undefined;
    const { candidate, seed, groups } = rollout;
    const group = groupOf(this.hash(row, seed), candidate.percent);
    if (group === undefined || groups[group].empty) return undefined;
    const result = groups[group].send({ text: JSON.stringify(row), source: 'Live' });
    return {
      answer: async (own) => {
        const compared =
          group === 'Candidate' ? this.compare({ candidate: candidate.revision, source: 'Live' }, own, result) : result;
        return candidate.mode === 'Answer' ? compared : undefined;
      },
    };
  }

  /** Acts on what the routing annotation says now. */
  follow({ routing, sequence, text }: RoutingState): void {
    if (this.stopped) return;
    if (routing?.candidate === undefined) this.end();
    else this.rollout = this.continue(routing, routing.candidate);
    const { candidate = nobody } = this.rollout ?? {};
    this.parts.metrics.acknowledged({ sequence, percent: candidate.percent, text });
    const { revision, mode, percent } = candidate;
    this.parts.log.info({ sequence, candidate: revision, mode, percent }, 'Routing changed');
  }

  /** Forwards nothing from now on; what is under way ends by itself. */
  stop(): void {
    this.stopped = true;
    this.end();
  }

  private continue(routing: Routing, candidate: Rollout['candidate']): Rollout {
    const rollout = this.rolloutOf(candidate);
    const { sequence, deadlineMilliseconds: asked } = routing;
    const deadlineMilliseconds = Math.min(asked, (this.parts.requestTimeoutSeconds * 1000) / 2);
    const copy = candidate.mode === 'Shadow';
    const terms = { sequence, copy, deadlineMilliseconds, replays: routing.replay !== undefined };
    rollout.groups.Candidate.follow({ ...terms, peers: candidate.peers });
    rollout.groups.Control.follow({ ...terms, peers: routing.control?.peers ?? [] });
    this.replay.follow(routing.replay?.rowsPerSecond);
    return rollout;
  }

  /** The rollout that is under way, on new terms, or the first moment of another one. */
  private rolloutOf(candidate: Rollout['candidate']): Rollout {
    if (this.rollout?.candidate.revision === candidate.revision) return { ...this.rollout, candidate };
    this.end();
    const { revision } = candidate;
    if (this.counted !== revision) this.parts.metrics.forget();
    this.counted = revision;
    const groupTo = (group: ForwardGroup, target: string) =>
      new PeerGroup({ candidate: revision, group }, target, this.surroundings);
    const groups = { Candidate: groupTo('Candidate', revision), Control: groupTo('Control', this.parts.revision) };
    return { candidate, seed: murmur3(revision, 0), groups };
  }

  /**
   * Sends a held-out row to both groups: they are compared on the same rows. A busy machine may stop this process between the two, and
   * then the time of the first one runs: each group is first every other time.
   */
  private sendCopies({ text, own }: ReplayRow): void {
    if (this.rollout === undefined || this.rollout.groups.Candidate.empty) return;
    const { candidate, groups } = this.rollout;
    const row = { text, source: 'Replay' } as const;
    const labels = { candidate: candidate.revision, source: 'Replay' } as const;
    this.controlFirst = !this.controlFirst;
    if (this.controlFirst && !groups.Control.empty) void groups.Control.send(row);
    void this.compare(labels, own, groups.Candidate.send(row));
    if (!this.controlFirst && !groups.Control.empty) void groups.Control.send(row);
  }

  private end(): void {
    this.replay.follow(undefined);
    this.rollout?.groups.Candidate.close();
    this.rollout?.groups.Control.close();
    this.rollout = undefined;
  }

  /**
   * Scores and decisions are compared on the same rows: the customers of two groups differ, and where they are few, so do the scores of
   * equal models.
   */
  private async compare(
    labels: { candidate: string; source: RowSource },
    own: OwnResult,
    result: Promise<Prediction | undefined>,
  ) {
    const { metrics } = this.parts;
    const other = await result;
    if (other === undefined) return undefined;
    metrics.scored({ ...labels, group: 'Candidate' }, this.scoreBin(other.probability));
    metrics.scored({ ...labels, group: 'Control' }, this.scoreBin(own.probability));
    if (other.churn !== own.churn) metrics.flipped(labels.candidate, labels.source);
    return other;
  }
}

const nobody = { revision: undefined, mode: undefined, percent: 0 };
