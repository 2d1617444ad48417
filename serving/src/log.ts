import { pino } from 'pino';
import type { Logger } from 'pino';
import { z } from 'zod';

export type Log = Logger;

/** One JSON object a line on stdout, for pods. Written at once, so that the last line is there when the process ends. */
export function jsonLog(): Log {
  return pino(
    {
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination({ dest: 1, sync: true }),
  );
}

const Line = z.object({ msg: z.string() });

/** Warnings and errors as sentences on stderr, for a person at a terminal. */
export function readableLog(): Log {
  return pino(
    { base: null, level: 'warn' },
    {
      write(line: string) {
        process.stderr.write(`${Line.parse(JSON.parse(line)).msg}\n`);
      },
    },
  );
}
