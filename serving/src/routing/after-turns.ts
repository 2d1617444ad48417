/** Calls `task` once, when the event loop has turned so many times: at once in a process that has nothing else to do. */
export function afterTurns(turns: number, task: () => void): void {
  setImmediate(() => {
    if (turns <= 1) task();
    else afterTurns(turns - 1, task);
  });
}
