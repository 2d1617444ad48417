/** Who leads, as those that lead tell it themselves. */
export class LeaderRecord {
  /** Those who lead now. */
  readonly leading = new Set<string>();
  /** Each moment at which more than one led. */
  readonly together: string[] = [];

  /** The work of a leader: it does nothing until it is told to end. */
  async lead(identity: string, signal: AbortSignal): Promise<void> {
    this.leading.add(identity);
    if (this.leading.size > 1) this.together.push([...this.leading].join());
    await new Promise((resolve) => {
      if (signal.aborted) resolve(undefined);
      signal.addEventListener('abort', resolve);
    });
    this.leading.delete(identity);
  }
}
