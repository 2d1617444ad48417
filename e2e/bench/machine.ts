import { cpus } from 'node:os';

/** When, with which programs and on what machine something was measured: a sentence or two. */
export function machine(versions?: string): string {
  const [cpu] = cpus();
  const programs = [`Node ${process.versions.node}`, ...(versions === undefined ? [] : [versions])].join('; ');
  const date = new Date().toISOString().slice(0, 10);
  return `${date}: ${programs}. ${cpus().length} cores of ${cpu?.model.trim() ?? 'unknown make'}.`;
}
