import type { Contract } from '../../world.js';

/** How many changes are recorded. */
const MAX_CHANGES = 32;

type Feature = Contract['features'][number];

/**
 * What requests that the revision before answers would be refused for by the next one: columns that it needs, that its table never
 * had, or that must hold another kind of value. Each is a clause that names the column; none when every request goes on working.
 */
export function contractChanges(before: Contract, now: Contract): readonly string[] {
  const known = new Set(now.columns.map(({ name }) => name));
  const unknown = before.columns
    .filter(({ name }) => !known.has(name))
    .map(({ name }) => `${name} is no column any more`);
  return [...unknown, ...now.features.flatMap((feature) => strictness(before, feature))].slice(0, MAX_CHANGES);
}

function strictness(before: Contract, feature: Feature): readonly string[] {
  const old = before.features.find(({ name }) => name === feature.name);
  const needed = feature.missingPolicy === 'Reject' && old?.missingPolicy !== 'Reject';
  // A column that was no feature was not looked at.
  const isNarrower = feature.storedAs !== 'Text' && old?.storedAs !== feature.storedAs;
  return [
    ...(needed ? [`${feature.name} is required`] : []),
    ...(isNarrower ? [`${feature.name} must be a ${feature.storedAs}`] : []),
  ];
}
