import { z } from 'zod';

/** The pods of a candidate that may each be left out; those that answer later count too, but are never left out. */
export const MAX_PODS = 16;

/**
 * A test on all pods of the candidate, and the same test without each pod that answered: one pod that is down must not condemn the
 * revision. A pod that left keeps its test. Section 6b.
 */
export interface Guarded<T> {
  readonly all: T;
  readonly without: readonly { readonly pod: string; readonly test: T }[];
}

/** The stored form of a guarded test. */
export function guardedOf<T extends z.ZodType>(test: T) {
  const without = z.strictObject({ pod: z.string().max(253), test });
  return z.strictObject({ all: test, without: z.array(without).max(MAX_PODS) });
}

/**
 * After one more read, in which these pods answered. `advance` brings a test up to date with what all pods but one have added. A
 * new pod starts with a copy of the test on all, since it had added nothing to it.
 */
export function guarded<T>(
  { all, without }: Guarded<T>,
  answering: readonly string[],
  advance: (test: T, leftOut: string | undefined) => T,
) {
  const joined = answering.filter((name) => without.every(({ pod }) => pod !== name));
  const tracked = [...without, ...joined.map((pod) => ({ pod, test: all }))].slice(0, MAX_PODS);
  return {
    all: advance(all, undefined),
    without: tracked.map(({ pod, test }) => ({ pod, test: advance(test, pod) })),
  };
}

/**
 * The test of a revision that has this one pod left: without it nothing would run, so that it is not left out any more. The level holds
 * all the same, since that of the test on all does. A pod that is gone still condemns nobody alone.
 */
export function ofOnly<T>({ all, without }: Guarded<T>, only: string) {
  return { all, without: without.map(({ pod, test }) => ({ pod, test: pod === only ? all : test })) };
}

/** Whether the test fails also without any one pod. Its level holds, since it fails less often than the test on all. */
export function failsWithoutAnyPod<T>(test: Guarded<T>, fails: (test: T) => boolean): boolean {
  return fails(test.all) && suspectPods(test, fails).length === 0;
}

/** The pods without which a test that fails would not fail; of a single pod nothing can be said. */
export function suspectPods<T>({ all, without }: Guarded<T>, fails: (test: T) => boolean): readonly string[] {
  if (without.length < 2 || !fails(all)) return [];
  return without.filter(({ test }) => !fails(test)).map(({ pod }) => pod);
}

/** Why there is no verdict; of many pods some are named. */
export function heldBy(suspects: readonly string[]): string {
  const named = suspects.slice(0, 3).map((pod) => (pod === '' ? 'the rows that reached no pod' : `pod ${pod}`));
  const others = suspects.length > 3 ? [`${suspects.length - 3} others`] : [];
  return `no verdict while the evidence hangs on ${[...named, ...others].join(' or ')}`;
}
