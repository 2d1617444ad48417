import type { Gate, Manifest } from '@churnops/crds';
import type { Comparison } from './compare.js';
import type { Figures } from './figures.js';

type JudgedGate = Manifest['gates'][number];

/**
 * Judges every gate; `CalibrationZ` by its absolute value, because a model may be wrong to both sides. A bound on the change fails
 * only when the whole 95 % interval is beyond it, and holds when there is nothing to compare with.
 */
export function passGates(gates: readonly Gate[], figures: Figures, comparison?: Comparison): JudgedGate[] {
  return gates.map((gate) => {
    const measured = { ...gate, value: absolute(gate, figures[gate.metric]), ...changeOf(gate, comparison) };
    return { ...measured, passed: failures(measured).length === 0 };
  });
}

type Measured = Omit<JudgedGate, 'passed'>;

function changeOf(
  gate: Gate,
  comparison: Comparison | undefined,
): Pick<JudgedGate, 'current' | 'change' | 'changeInterval'> {
  const current = comparison?.current[gate.metric];
  const change = comparison?.change[gate.metric];
  const interval = comparison?.intervals[gate.metric];
  if (current === undefined || change === undefined || interval === undefined) return {};
  return { current: absolute(gate, current), change, changeInterval: interval };
}

function absolute(gate: Gate, value: number): number {
  return gate.metric === 'CalibrationZ' ? Math.abs(value) : value;
}

/** A sentence for a gate that failed: `RocAUC 0.5800 is below minValue 0.60`. */
export function gateSentence(gate: JudgedGate): string {
  return failures(gate).join(' and ');
}

function failures(gate: Measured): string[] {
  const { metric, value, minValue, maxValue } = gate;
  return [
    ...(minValue !== undefined && value < Number(minValue)
      ? [`${metric} ${decimals(value)} is below minValue ${minValue}`]
      : []),
    ...(maxValue !== undefined && value > Number(maxValue)
      ? [`${metric} ${decimals(value)} is above maxValue ${maxValue}`]
      : []),
    ...changeFailures(gate),
  ];
}

function changeFailures({ metric, current, change, changeInterval, minChange, maxChange }: Measured): string[] {
  if (current === undefined || change === undefined || changeInterval === undefined) return [];
  const [low, high] = changeInterval;
  const said = `${metric} changes by ${decimals(change)} from ${decimals(current)} of the current revision (95 % interval ${decimals(low)} to ${decimals(high)})`;
  return [
    ...(minChange !== undefined && high < Number(minChange) ? [`${said}, below minChange ${minChange}`] : []),
    ...(maxChange !== undefined && low > Number(maxChange) ? [`${said}, above maxChange ${maxChange}`] : []),
  ];
}

function decimals(value: number): string {
  return value.toFixed(4);
}
