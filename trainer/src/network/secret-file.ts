import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TrainingProblem, errorCode } from '../failure.js';
import type { Service } from './service.js';

/** The value of a key of a mounted Secret; undefined when there is none, or a blank one. */
export async function readSecretKey(folder: string, name: string): Promise<string | undefined> {
  try {
    const text = (await readFile(join(folder, name), 'utf8')).trim();
    return text === '' ? undefined : text;
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return undefined;
    throw cause;
  }
}

/** The Secret of `secretRef` lacks a key. */
export function missingKey(name: string, { section }: Service): TrainingProblem {
  return new TrainingProblem('SecretNotFound', `The Secret that ${section}.secretRef names has no key ${name}.`);
}
