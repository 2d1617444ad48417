import type { Gate, Manifest } from '@churnops/crds';
import type { Figures } from './judge.js';

type JudgedGate = Manifest['gates'][number];

/** Judges every gate; `CalibrationZ` by its absolute value, because a model may be wrong to both sides. */
export function passGates(gates: readonly Gate[], figures: Figures): JudgedGate[] {
  return gates.map((gate) => {
    const figure = figures[gate.metric];
    const value = gate.metric === 'CalibrationZ' ? Math.abs(figure) : figure;
    const highEnough = gate.minValue === undefined || value >= Number(gate.minValue);
    const lowEnough = gate.maxValue === undefined || value <= Number(gate.maxValue);
    return { ...gate, value, passed: highEnough && lowEnough };
  });
}

/** A sentence for a gate that failed: `RocAUC 0.5800 is below minValue 0.60`. */
export function gateSentence(gate: JudgedGate): string {
  const tooLow = gate.minValue !== undefined && gate.value < Number(gate.minValue);
  const bound = tooLow ? `below minValue ${gate.minValue ?? ''}` : `above maxValue ${gate.maxValue ?? ''}`;
  return `${gate.metric} ${gate.value.toFixed(4)} is ${bound}`;
}
