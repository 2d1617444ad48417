import type { ForwardedRows } from './forwarded-rows.js';
import { machine } from './machine.js';
import { spreadOf } from './rounds.js';
import type { RoutingKind } from './routing-fleet.js';
import { routingKinds } from './routing-fleet.js';
import type { Round, Window } from './routing-windows.js';

/** Gates of the design: throughput per CPU second, as a share of that without routing. */
const asked: Partial<Record<RoutingKind, string>> = { off: '0.97', '5 %': '0.88, goal 0.95' };

/** The figures as Markdown. */
export function reportOf(rounds: readonly Round[], forwarded: ForwardedRows): string {
  const routed = rounds.map((round) => round['5 %']);
  const answers = routed.reduce((sum, window) => sum + window.answers, 0);
  const peerCpu = routed.reduce((sum, window) => sum + window.peerCpu, 0);
  const rows = forwarded.answered + forwarded.failed;
  return [
    '| routing        | CPU per request | requests/s | per CPU second | middle half    | asked           |',
    '| -------------- | --------------- | ---------- | -------------- | -------------- | --------------- |',
    ...routingKinds.map((kind) => lineOf(kind, rounds)),
    '',
    `${rounds.length} rounds. ${answers} requests to the router, of which ${percent(rows / answers)} were forwarded`,
    `(${forwarded.failed} of these rows failed). Candidate and control together: ${micros(peerCpu / rows)} of CPU per`,
    'forwarded row.',
    '',
    machine(),
  ].join('\n');
}

function lineOf(kind: RoutingKind, rounds: readonly Round[]): string {
  const ratio = spreadOf(rounds.map((round) => perCpuSecond([round[kind]]) / referenceOf(round)));
  const cost = spreadOf(rounds.map((round) => 1 / perCpuSecond([round[kind]])));
  const rate = spreadOf(rounds.map((round) => round[kind].answers / round[kind].seconds));
  const cells = [
    kind.padEnd(14),
    micros(cost.median).padEnd(15),
    rate.median.toFixed(0).padEnd(10),
    ratio.median.toFixed(3).padEnd(14),
    ratio.quartiles
      .map((quartile) => quartile.toFixed(3))
      .join(' - ')
      .padEnd(14),
    (asked[kind] ?? '').padEnd(15),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** What both servers without routing did in this round: one alone would double the noise. */
function referenceOf(round: Round): number {
  return perCpuSecond([round.without, round['without, again']]);
}

function perCpuSecond(windows: readonly Window[]): number {
  const sum = (part: 'answers' | 'cpu') => windows.reduce((total, window) => total + window[part], 0);
  return sum('answers') / sum('cpu');
}

function micros(seconds: number): string {
  return `${(seconds * 1e6).toFixed(0)} us`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
