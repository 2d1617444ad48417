import { z } from 'zod';
import { increments, nothing, PodCounters, plusRequests } from './counters.js';
import type { Counters } from './counters.js';
import { MAX_PODS } from './pod-guard.js';

/** The routers whose counters are kept; the rows of others are not counted. */
const MAX_ROUTERS = 64;
/** The pods known to be among the merged ones; with more, every pod that is named for the first time is merged. */
const MAX_MERGED = 64;
/** Stands for the pods of the candidate that are not told apart. No pod can be named so. */
export const MERGED = '*';

const Name = z.string().max(253);

/**
 * The counters read last, to compare the next ones with. `apart` are the pods of the candidate that are told apart, `merged` those
 * that are counted together under one name: which is settled when a pod is named first and stays, so that sums only grow within
 * a process. With `isPartial` some routers were left out or forgotten: one that isn't among `routers` may have been counted
 * before, so that what it says at first is only noted.
 */
export const LastCounters = z.strictObject({
  routers: z.record(Name, PodCounters),
  apart: z.array(Name).max(MAX_PODS),
  merged: z.array(Name).max(MAX_MERGED),
  isPartial: z.boolean(),
});
export type LastCounters = z.infer<typeof LastCounters>;

/** Before the first read. Counters carry the candidate's name and begin at 0, so that all of the first read is new. */
export const noCounters: LastCounters = { routers: {}, apart: [], merged: [], isPartial: false };

/** Before the first read, when what was counted until then shall not count. */
export const fromNowOn: LastCounters = { ...noCounters, isPartial: true };

/**
 * What a read adds, over all routers that are kept, and what is kept of it. Routers are chosen by what was known before and by
 * their names, pods are merged by their names: never by what became of rows, so that no test loses its level by it. `problem` says
 * why a read is refused as a whole.
 */
export function counted(
  last: LastCounters,
  now: Counters,
): { readonly added: PodCounters; readonly counters: LastCounters } | { readonly problem: string } {
  const chosen = chosenOf(last, now);
  const names = namesAfter(last, chosen);
  const read = mapped(chosen, (counters) => folded(counters, names.apart));
  const outcome = increments(last.isPartial ? { ...read, ...last.routers } : last.routers, read);
  if ('problem' in outcome) return outcome;
  const routers = Object.entries(outcome.counters);
  const isComplete = Object.keys(chosen).length === Object.keys(now).length && routers.length <= MAX_ROUTERS;
  const isPartial = last.isPartial || !isComplete;
  const kept = Object.fromEntries(routers.slice(-MAX_ROUTERS));
  return { added: outcome.added, counters: { ...names, routers: kept, isPartial } };
}

/** For another attempt with the same candidate: its new pods can be told apart, and what the ones before did is known. */
export function atRetry({ routers, apart, merged, isPartial }: LastCounters): LastCounters {
  const known = [...merged, ...apart].slice(0, MAX_MERGED);
  return { routers: mapped(routers, (counters) => folded(counters, [])), apart: [], merged: known, isPartial };
}

/** Half of the routers, those read last. What the others count until they are noted anew is lost, and nothing counts twice. */
export function thinned(last: LastCounters): LastCounters {
  const routers = Object.entries(last.routers);
  return { ...last, routers: Object.fromEntries(routers.slice(Math.ceil(routers.length / 2))), isPartial: true };
}

/** Those known come first, so that the same ones are counted read after read. */
function chosenOf({ routers }: LastCounters, now: Counters): Counters {
  const names = Object.keys(now);
  const known = names.filter((name) => routers[name] !== undefined);
  const others = names.filter((name) => routers[name] === undefined).toSorted();
  return Object.fromEntries([...known, ...others].slice(0, MAX_ROUTERS).map((name) => [name, now[name] ?? nothing]));
}

function namesAfter({ apart, merged }: LastCounters, now: Counters): Pick<LastCounters, 'apart' | 'merged'> {
  const answering = Object.values(now).flatMap(({ candidate }) => {
    return Object.entries(candidate).flatMap(([pod, { requests }]) => (requests === 0 ? [] : [pod]));
  });
  const known = new Set([...apart, ...merged]);
  const joined = [...new Set(answering)].filter((pod) => !known.has(pod)).toSorted();
  // A pod that isn't known may be a merged one when not all of those are known.
  const room = merged.length < MAX_MERGED ? MAX_PODS - apart.length : 0;
  return {
    apart: [...apart, ...joined.slice(0, room)],
    merged: [...merged, ...joined.slice(room)].slice(0, MAX_MERGED),
  };
}

function folded(counters: PodCounters, apart: readonly string[]): PodCounters {
  const pods = Object.entries(counters.candidate).filter(
    ([pod, { requests }]) => apart.includes(pod) || requests !== 0,
  );
  const candidate = new Map<string, PodCounters['control']>();
  for (const [pod, requests] of pods) {
    const name = apart.includes(pod) ? pod : MERGED;
    candidate.set(name, plusRequests(candidate.get(name) ?? nothing.control, requests));
  }
  return { ...counters, candidate: Object.fromEntries(candidate) };
}

function mapped(counters: Counters, change: (each: PodCounters) => PodCounters): Record<string, PodCounters> {
  return Object.fromEntries(Object.entries(counters).map(([name, each]) => [name, change(each)]));
}
