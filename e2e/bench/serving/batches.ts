import type { LoadTarget } from '../closed-loop.js';
import { ClosedLoop } from '../closed-loop.js';
import { markdownTable } from '../markdown-table.js';
import { openLoop } from '../open-loop.js';
import { quantileOf, spreadOf } from '../rounds.js';
import type { Contender, StrongPeer, Subject } from './contenders.js';
import { batchesOf, contenders, targetOf, strongestPeer } from './contenders.js';
import { cpuWindow, perCpuSecond } from './cpu-window.js';
import type { Asked, Figure } from './figure.js';
import { ratioFigure } from './figure.js';
import { withFleet } from './fleet.js';
import { interleaved } from './interleaved.js';
import type { Found, Setting } from './part.js';

const sizes = [100, 1000] as const;
type Size = (typeof sizes)[number];

const CONNECTIONS = 4;

/** Single requests a second beside batches, at most. */
const SINGLES = 500;

const asked: Record<Size, Asked | undefined> = { 100: { better: 'higher', gate: 1.5, goal: 4 }, 1000: undefined };
const keeps: Asked = { better: 'lower', gate: 2 };

/** Batches beside the peer's, and what they do to single requests. */
export async function judgeBatches(setting: Setting): Promise<Found> {
  const peer = strongestPeer(setting.stage);
  return withFleet(setting.stage, ['ours', peer], async (of) => {
    const throughput = await judgeThroughput(setting, peer, of);
    const singles = [
      ...(await judgeSingles(setting, 'ours', of('ours'))),
      ...(await judgeSingles(setting, peer, of(peer))),
    ];
    const table = markdownTable(
      ['server', 'beside the single requests', 'their p50', 'their p99'],
      singles.map(({ row }) => row),
    );
    return {
      figures: [...throughput.figures, ...singles.flatMap(({ figure }) => figure ?? [])],
      beside: `${throughput.table}\n\n${CONNECTIONS} connections, ${setting.rounds} rounds.\n\n${table}\n\n${singlesRate(setting)} single requests a second at random times; one client asks for batch after batch, so that the core is never idle.`,
    };
  });
}

type Of = (member: 'ours' | StrongPeer) => Subject;

async function judgeThroughput({ customers, rounds, seconds }: Setting, peer: StrongPeer, of: Of) {
  const names = sizes.flatMap((size) => [`ours ${size}`, `peer ${size}`] as const);
  const played = await interleaved(names, rounds, async (name) => {
    const [who, size] = name.split(' ');
    const subject = of(who === 'ours' ? 'ours' : peer);
    const target = targetOf(subject, '/predict/batch', batchesOf(customers, Number(size)));
    const window = await cpuWindow(subject.pid, target, { connections: CONNECTIONS, seconds });
    return perCpuSecond(window) * Number(size);
  });
  const figures = sizes.map((size) => {
    const ratios = played.map((rows) => rows(`ours ${size}`) / rows(`peer ${size}`));
    return ratioFigure(
      `rows per CPU second in batches of ${size}, to ${contenders[peer]}`,
      ratios,
      peer === 'onnx' ? asked[size] : undefined,
    );
  });
  const cost = (name: (typeof names)[number]) =>
    `${(1e6 / spreadOf(played.map((rows) => rows(name))).median).toFixed(1)} us`;
  const table = markdownTable(
    ['server', ...sizes.map((size) => `CPU per row, batches of ${size}`)],
    (['ours', 'peer'] as const).map((who) => [
      contenders[who === 'ours' ? 'ours' : peer],
      ...sizes.map((size) => cost(`${who} ${size}`)),
    ]),
  );
  return { figures, table };
}

interface JudgedSingles {
  readonly row: string[];
  readonly figure: Figure | undefined;
}

const companies = ['nothing', 'batches of 100', 'batches of 1000'] as const;

/** How long single requests take alone, and while one client asks for batches all the time. */
async function judgeSingles(setting: Setting, member: Contender, subject: Subject): Promise<JudgedSingles[]> {
  const { customers, rounds, seconds } = setting;
  const singles = targetOf(subject, '/predict', customers);
  const played = await interleaved(companies, rounds, (company, seed) => {
    const load = { rate: singlesRate(setting), seconds, connections: 64, seed };
    const [, size] = company.split(' of ');
    if (size === undefined) return openLoop(singles, load);
    const batches = targetOf(subject, '/predict/batch', batchesOf(customers, Number(size)));
    return during(batches, () => openLoop(singles, load));
  });
  return companies.map((company) => {
    const p99 = played.map((took) => quantileOf(took(company), 0.99));
    const p50 = played.map((took) => quantileOf(took(company), 0.5));
    const ratios = played.map((took, round) => (p99[round] ?? Number.NaN) / quantileOf(took('nothing'), 0.99));
    const told = (values: readonly number[]) => `${spreadOf(values).median.toFixed(2)} ms`;
    const name = `p99 of single requests beside ${company}, to that alone`;
    return {
      row: [contenders[member], company, told(p50), told(p99)],
      figure:
        company === 'nothing'
          ? undefined
          : ratioFigure(`${contenders[member]}: ${name}`, ratios, member === 'ours' ? keeps : undefined),
    };
  });
}

function singlesRate({ rate }: Setting): number {
  return Math.min(SINGLES, rate);
}

/** Does something while one client asks for batch after batch. */
async function during<Result>(target: LoadTarget, act: () => Promise<Result>): Promise<Result> {
  const clients = await ClosedLoop.connected(target, 1);
  const end = new AbortController();
  const batches = clients.run(end.signal);
  try {
    return await act();
  } finally {
    end.abort();
    await batches;
    clients.close();
  }
}
