import {
  ForwardOutcome,
  type ForwardGroup,
  type Routing,
  routingDigest,
  SCORE_BINS,
  servingMetrics,
} from '@churnops/crds';
import { readRouting, type RoutingState, unrouted } from '../../serving/src/routing/routing-state.js';
import { PlayedPage } from './played-page.js';

/** How pods of a revision answer. */
export interface Conduct {
  /** Share of the rows without a good answer, 0 to 1, and of its own users' requests answered with 500. Default 0. */
  readonly failing?: number;
  /** How a forwarded row without a good answer ends. Default `Malformed`; with `BreakerOpen` it is sent to no pod. */
  readonly outcome?: Exclude<ForwardOutcome, 'Answered'>;
  /** Share of the requests of its own users that take 2 s. Default 0. */
  readonly slow?: number;
  /** Share of the answered rows with another decision than the router's, 0 to 1. Default 0. */
  readonly flipping?: number;
  /** The bins that its scores fall into, all alike often. Default: all. */
  readonly bins?: readonly number[];
  /** Its page of metrics answers with 500. */
  readonly pageless?: boolean;
}

/** What the users of a model do. */
export interface Traffic {
  /** Rows that reach each pod of the revision that the Service selects. */
  readonly rowsPerSecond: number;
  readonly conduct: (revision: string) => Conduct;
}

/** Who a played pod is. */
export interface PlayedIdentity {
  readonly pod: string;
  readonly model: string;
  readonly revision: string;
}

const everyBin = Array.from({ length: SCORE_BINS }, (_, bin) => bin);
const flawless = { failing: 0, outcome: 'Malformed', slow: 0, flipping: 0, bins: everyBin } as const;
const requestBounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const USUAL_SECONDS = 0.004;
const SLOW_SECONDS = 2;

type Candidate = NonNullable<Routing['candidate']>;

interface Rows {
  readonly source: 'Live' | 'Replay';
  readonly group: ForwardGroup;
  readonly candidate: string;
  /** How those answer that the rows go to. */
  readonly conduct: Conduct;
  readonly peers: readonly { readonly pod: string }[];
  readonly count: number;
}

/**
 * What a serving pod counts under a played load: it acts on its routing annotation by the rules of the real one, and every row
 * that time has brought is counted when the page is read.
 */
export class PlayedRouter {
  readonly #page: PlayedPage;
  #state: RoutingState = unrouted;
  /** The candidate that the counters are about, also after its rollout. */
  #counted: string | undefined;
  #settled = performance.now();

  constructor(readonly identity: PlayedIdentity) {
    const { model, revision } = identity;
    this.#page = new PlayedPage({ model, revision });
    this.#acknowledge();
  }

  /** Acts on the annotation as it is now. */
  follow(annotation: string): void {
    const { state } = readRouting(this.#state, annotation);
    if (state.routing === this.#state.routing && state.sequence === this.#state.sequence) {
      this.#state = state;
      return;
    }
    this.#state = state;
    const candidate = state.routing?.candidate?.revision;
    if (candidate !== undefined && candidate !== this.#counted) this.#begin(candidate);
    this.#acknowledge();
  }

  /** Counts what came since the last time; `isServing`: users' requests reach this pod. */
  settle(traffic: Traffic, isServing: boolean): void {
    const now = performance.now();
    const seconds = (now - this.#settled) / 1000;
    this.#settled = now;
    const rows = isServing ? traffic.rowsPerSecond * seconds : 0;
    const { routing } = this.#state;
    if (routing?.candidate !== undefined) this.#forward(routing, routing.candidate, { rows, seconds, traffic });
    this.#answer(rows, traffic.conduct(this.identity.revision));
  }

  text(): string {
    return this.#page.text();
  }

  #begin(candidate: string): void {
    const { forwarded, forwardedScores, decisionFlips, breakerOpen } = servingMetrics;
    for (const { name } of [forwarded, forwardedScores, decisionFlips, breakerOpen]) this.#page.forget(name);
    this.#counted = candidate;
  }

  #acknowledge(): void {
    const { name } = servingMetrics.routingInfo;
    const percent = this.#state.routing?.candidate?.percent ?? 0;
    this.#page.forget(name);
    const { sequence, text } = this.#state;
    this.#page.set(name, { sequence: String(sequence), percent: String(percent), digest: routingDigest(text) }, 1);
  }

  #forward(
    routing: Routing,
    candidate: Candidate,
    { rows, seconds, traffic }: { rows: number; seconds: number; traffic: Traffic },
  ): void {
    const { percent, revision, peers } = candidate;
    const toCandidate = { group: 'Candidate', candidate: revision, conduct: traffic.conduct(revision), peers } as const;
    const toControl = {
      group: 'Control',
      candidate: revision,
      conduct: traffic.conduct(this.identity.revision),
      peers: routing.control?.peers ?? [],
    } as const;
    this.#count({ ...toCandidate, source: 'Live', count: (rows * percent) / 100 });
    this.#count({ ...toControl, source: 'Live', count: (rows * Math.min(percent, 100 - percent)) / 100 });
    const replayed = (routing.replay?.rowsPerSecond ?? 0) * seconds;
    this.#count({ ...toCandidate, source: 'Replay', count: replayed });
    this.#count({ ...toControl, source: 'Replay', count: replayed });
  }

  #count(rows: Rows): void {
    if (rows.peers.length === 0) return;
    const { group, candidate, conduct } = rows;
    const { failing, outcome } = { ...flawless, ...conduct };
    const isOpen = failing > 0 && outcome === 'BreakerOpen';
    this.#page.set(servingMetrics.breakerOpen.name, { candidate, group }, isOpen ? 1 : 0);
    this.#end('Answered', rows, rows.count * (1 - failing));
    this.#end(outcome, rows, rows.count * failing);
    this.#score(rows, rows.count * (1 - failing));
  }

  /** Spreads rows with this outcome over the peers. */
  #end(outcome: ForwardOutcome, { candidate, group, source, peers }: Rows, count: number): void {
    for (const { pod } of peers) {
      const labels = { candidate, pod: outcome === 'BreakerOpen' ? '' : pod, group, outcome, source };
      this.#page.add(servingMetrics.forwarded.name, labels, count / peers.length);
    }
  }

  #score({ candidate, group, source, conduct }: Rows, answered: number): void {
    const { bins, flipping } = { ...flawless, ...conduct };
    const { forwardedScores, decisionFlips } = servingMetrics;
    for (const bin of everyBin) {
      const count = bins.includes(bin) ? answered / bins.length : 0;
      this.#page.add(forwardedScores.name, { candidate, group, bin: String(bin), source }, count);
    }
    if (group === 'Candidate') this.#page.add(decisionFlips.name, { candidate, source }, answered * flipping);
  }

  /** Requests of this pod's own users: one row each. */
  #answer(rows: number, conduct: Conduct): void {
    const { failing, slow } = { ...flawless, ...conduct };
    const { requests, requestSeconds } = servingMetrics;
    const route = '/predict';
    this.#page.add(requests.name, { route, code: '200' }, rows * (1 - failing));
    this.#page.add(requests.name, { route, code: '500' }, rows * failing);
    for (const bound of [...requestBounds, Infinity]) {
      const quick = bound >= USUAL_SECONDS ? rows * (1 - slow) : 0;
      const late = bound >= SLOW_SECONDS ? rows * slow : 0;
      const le = bound === Infinity ? '+Inf' : String(bound);
      this.#page.add(`${requestSeconds.name}_bucket`, { route, le }, quick + late);
    }
    this.#page.add(`${requestSeconds.name}_count`, { route }, rows);
    this.#page.add(`${requestSeconds.name}_sum`, { route }, rows * (USUAL_SECONDS + slow * SLOW_SECONDS));
  }
}
