import type { Action } from './action.js';

/** An action that writes one object, and that nothing else rests on. */
export type ObjectWrite = Extract<Action, { kind: 'Apply' | 'Create' | 'Scale' | 'Patch' | 'Delete' }>;

const kinds: readonly Action['kind'][] = ['Apply', 'Create', 'Scale', 'Patch', 'Delete'];

export function isObjectWrite(action: Action): action is ObjectWrite {
  return kinds.includes(action.kind);
}
