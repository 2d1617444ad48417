import { markdownTable } from '../markdown-table.js';
import { residentMegabytes } from '../resident-megabytes.js';
import { spreadOf } from '../rounds.js';
import type { Contender } from './contenders.js';
import { contenders, present, targetOf } from './contenders.js';
import type { CpuWindow } from './cpu-window.js';
import { cpuWindow, perCpuSecond } from './cpu-window.js';
import type { Asked, Figure } from './figure.js';
import { ratioFigure } from './figure.js';
import { withFleet } from './fleet.js';
import { interleaved } from './interleaved.js';
import type { Found, Setting } from './part.js';
import { requireSameAnswers } from './same-answers.js';

const CONNECTIONS = 32;

/** Of the design: requests per CPU second, as a multiple of the peer's. */
const asked: Partial<Record<Contender, Asked>> = {
  onnx: { better: 'higher', gate: 3, goal: 8 },
  xgboost: { better: 'higher', gate: 6, goal: 20 },
  echo: { better: 'higher', gate: 0.55, goal: 1 },
  nest: { better: 'higher', gate: 8, goal: 20 },
};

const memory: Asked = { better: 'lower', gate: 160, goal: 100 };

/** One customer a request, as fast as the server can, and what the servers weigh afterwards. */
export async function judgeRequests(setting: Setting): Promise<Found> {
  const { stage, customers } = setting;
  const members = present(stage, ['ours', 'onnx', 'xgboost', 'nest', 'echo']);
  return withFleet(stage, members, async (of) => {
    const scoring = members.filter((member) => member !== 'echo').map(of);
    const apart = await requireSameAnswers(scoring, customers.slice(0, 400));
    const rounds = await interleaved(members, setting.rounds, (member) => {
      const subject = of(member);
      return cpuWindow(subject.pid, targetOf(subject, '/predict', customers), {
        connections: CONNECTIONS,
        seconds: setting.seconds,
      });
    });
    const megabytes = new Map<Contender, number>();
    for (const member of members) megabytes.set(member, await residentMegabytes(of(member).pid));
    return {
      figures: [...ratios(members, rounds), memoryFigure(megabytes.get('ours') ?? Number.NaN)],
      beside: `${table(members, rounds, megabytes)}\n\n${CONNECTIONS} connections, each with one request at a time, ${rounds.length} rounds. The servers gave the same probabilities: they were ${apart.toExponential(0)} apart at most, singly and in batches.`,
    };
  });
}

type Rounds = readonly ((member: Contender) => CpuWindow)[];

function ratios(members: readonly Contender[], rounds: Rounds): Figure[] {
  const peers = members.filter((member) => member !== 'ours');
  return peers.map((peer) => {
    const each = rounds.map((of) => perCpuSecond(of('ours')) / perCpuSecond(of(peer)));
    return ratioFigure(`requests per CPU second, to ${contenders[peer]}`, each, asked[peer]);
  });
}

function memoryFigure(megabytes: number): Figure {
  return { name: 'memory after the load', spread: spreadOf([megabytes]), unit: 'MB', asked: memory };
}

function table(members: readonly Contender[], rounds: Rounds, megabytes: ReadonlyMap<Contender, number>): string {
  const rows = members.map((member) => {
    const cost = spreadOf(rounds.map((of) => 1e6 / perCpuSecond(of(member)))).median;
    const rate = spreadOf(rounds.map((of) => of(member).answers / of(member).seconds)).median;
    return [
      contenders[member],
      `${cost.toFixed(0)} us`,
      rate.toFixed(0),
      `${megabytes.get(member)?.toFixed(0) ?? ''} MB`,
    ];
  });
  return markdownTable(['server', 'CPU per request', 'requests/s', 'resident memory'], rows);
}
