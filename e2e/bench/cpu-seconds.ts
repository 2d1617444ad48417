import { readFile } from 'node:fs/promises';

/** What `USER_HZ` is on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** User and system time of a process with all its threads, in seconds, exact to 0.01. */
export async function cpuSeconds(pid: number): Promise<number> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name of the program, in parentheses, may hold anything: what follows it starts with field 3. User time is field 14.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}
