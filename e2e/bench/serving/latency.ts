import { markdownTable } from '../markdown-table.js';
import { openLoop } from '../open-loop.js';
import { quantileOf, spreadOf } from '../rounds.js';
import { contenders, targetOf, strongestPeer } from './contenders.js';
import type { Asked } from './figure.js';
import { ratioFigure } from './figure.js';
import { withFleet } from './fleet.js';
import { interleaved } from './interleaved.js';
import type { Found, Setting } from './part.js';

const CONNECTIONS = 64;

const asked: Asked = { better: 'lower', gate: 0.7, goal: 0.33 };

/** One customer a request, at a rate that does not wait for the server. */
export async function judgeLatency({ stage, customers, rate, rounds, seconds }: Setting): Promise<Found> {
  const peer = strongestPeer(stage);
  const members = ['ours', peer] as const;
  return withFleet(stage, members, async (of) => {
    const played = await interleaved(members, rounds, (member, seed) => {
      return openLoop(targetOf(of(member), '/predict', customers), { rate, seconds, connections: CONNECTIONS, seed });
    });
    const quantiles = (member: (typeof members)[number], share: number) =>
      played.map((took) => quantileOf(took(member), share));
    const theirs = quantiles(peer, 0.99);
    const ratios = quantiles('ours', 0.99).map((ours, round) => ours / (theirs[round] ?? Number.NaN));
    const told = (member: (typeof members)[number], share: number) =>
      `${spreadOf(quantiles(member, share)).median.toFixed(2)} ms`;
    const shares = [0.5, 0.9, 0.99, 0.999];
    const rows = members.map((member) => [contenders[member], ...shares.map((share) => told(member, share))]);
    return {
      figures: [
        ratioFigure(`p99 at ${rate} requests/s, to ${contenders[peer]}`, ratios, peer === 'onnx' ? asked : undefined),
      ],
      beside: `${markdownTable(['server', 'p50', 'p90', 'p99', 'p99.9'], rows)}\n\n${rate} requests a second at random times, over ${CONNECTIONS} connections, on one core; medians of ${rounds} rounds. The clock of a request starts when it is due, not when a connection is free.`,
    };
  });
}
