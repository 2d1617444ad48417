export { readConfig } from './config.js';
export type { Config } from './config.js';
export { hashesOf } from './desired/revision.js';
export { allKinds, kinds } from './kinds.js';
export * from './runtime/index.js';
export { startOperator } from './start-operator.js';
export type { Operator } from './start-operator.js';
