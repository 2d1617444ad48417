/**
 * Runs `task` again and again: the next time `milliseconds` after it ended, the first time too. Keeps no process alive.
 *
 * @returns Ends the repetition; a task that runs is not interrupted.
 */
export function repeat(task: () => Promise<void>, milliseconds: number): () => void {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const schedule = () => {
    if (!stopped) timer = setTimeout(() => void task().finally(schedule), milliseconds).unref();
  };
  schedule();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
