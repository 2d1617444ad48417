import { ClosedLoop } from '../closed-loop.js';
import { cpuSeconds } from '../cpu-seconds.js';
import { markdownTable } from '../markdown-table.js';
import { residentMegabytes } from '../resident-megabytes.js';
import { spreadOf } from '../rounds.js';
import type { Contender, Stage } from './contenders.js';
import { contenders, present, targetOf, start, strongestPeer } from './contenders.js';
import type { Asked } from './figure.js';
import { ratioFigure } from './figure.js';
import { interleaved } from './interleaved.js';
import type { Found, Setting } from './part.js';

const asked: Asked = { better: 'lower', gate: 2, goal: 0.7 };

interface Started {
  /** From the start of the process to its first answer, in milliseconds. */
  readonly wall: number;
  /** CPU until then, in milliseconds. */
  readonly cpu: number;
  readonly megabytes: number;
}

/** From the start of a process to its first answer. */
export async function judgeStart({ stage, customers, rounds }: Setting): Promise<Found> {
  const members = present(stage, ['ours', 'onnx', 'nest']);
  const peer = strongestPeer(stage);
  const played = await interleaved(members, rounds, (member) => startOnce(member, stage, customers));
  const ratio = (part: keyof Started) => played.map((of) => of('ours')[part] / of(peer)[part]);
  const median = (member: Contender & (typeof members)[number], part: keyof Started) =>
    spreadOf(played.map((of) => of(member)[part])).median.toFixed(0);
  const rows = members.map((member) => [
    contenders[member],
    `${median(member, 'wall')} ms`,
    `${median(member, 'cpu')} ms`,
    `${median(member, 'megabytes')} MB`,
  ]);
  return {
    figures: [
      ratioFigure(
        `time to the first answer, to ${contenders[peer]}`,
        ratio('wall'),
        peer === 'onnx' ? asked : undefined,
      ),
      ratioFigure(`CPU to the first answer, to ${contenders[peer]}`, ratio('cpu')),
    ],
    beside: `${markdownTable(['server', 'first answer after', 'CPU until then', 'resident memory'], rows)}\n\nNew processes on one core, ${rounds} rounds; files are in the page cache.`,
  };
}

async function startOnce(member: Contender, stage: Stage, customers: readonly string[]): Promise<Started> {
  const begin = performance.now();
  const subject = await start(member, stage);
  try {
    const client = await ClosedLoop.connected(targetOf(subject, '/predict', customers), 1);
    await client.run(AbortSignal.abort());
    const wall = performance.now() - begin;
    client.close();
    return { wall, cpu: (await cpuSeconds(subject.pid)) * 1000, megabytes: await residentMegabytes(subject.pid) };
  } finally {
    await subject.stop();
  }
}
