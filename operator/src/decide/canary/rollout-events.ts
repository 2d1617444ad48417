import type { RolloutStatus } from '@churnops/crds';
import type { Revision } from '../../world.js';
import type { EventNote } from '../action.js';
import { unjudged } from './rollout-facts.js';

/** What people are told about a new record of a rollout; nothing when it only holds new counts. */
export function rolloutEvents({ name, status }: Revision, now: RolloutStatus): readonly EventNote[] {
  const before = status?.rollout;
  if (before?.attempt !== now.attempt) return [normal('RolloutStarted', begun(name, now))];
  if (now.stage === before.stage && now.percent === before.percent) return [];
  return tellers[now.stage](name, now);
}

type Teller = (name: string, now: RolloutStatus) => readonly EventNote[];

const answers: Teller = (name, { percent }) => [
  normal('RoutingChanged', `Revision ${name} answers ${percent} % of the customers`),
];

const tellers: Readonly<Record<RolloutStatus['stage'], Teller>> = {
  Shadow: (name, { percent }) => [normal('RoutingChanged', `Revision ${name} gets copies of ${percent} % of the rows`)],
  Canary: answers,
  Full: answers,
  Baking: (name, now) => [normal('Promoted', `Revision ${name} serves${because(now)}`)],
  Complete: (name) => [normal('RolloutComplete', `Revision ${name} serves for good: nothing is kept to go back to`)],
  RolledBack: rolledBack,
};

function begun(name: string, { attempt, previousRevision = '' }: RolloutStatus): string {
  const again = attempt === 1 ? '' : ` (attempt ${attempt})`;
  return `Revision ${name} is rolled out beside ${previousRevision}${again}`;
}

function rolledBack(name: string, now: RolloutStatus): readonly EventNote[] {
  const note = `Revision ${name} gets no rows any more${because(now)}`;
  if (unjudged.includes(now.reason ?? '')) return [normal('RolledBack', note)];
  return [
    { type: 'Warning', reason: now.reason ?? 'RolledBack', note: `Revision ${name}${because(now)}` },
    { type: 'Warning', reason: 'RolledBack', note },
  ];
}

function because({ message = '' }: RolloutStatus): string {
  return message === '' ? '' : `: ${message}`.slice(0, 900);
}

function normal(reason: string, note: string): EventNote {
  return { type: 'Normal', reason, note };
}
