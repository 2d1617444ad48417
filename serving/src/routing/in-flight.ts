const MAX_MESSAGES = 64;
const MAX_BYTES = 16 * 1024 * 1024;

/** What a pod has under way to its peers: at most 64 messages and 16 MiB, so that slow peers can't fill its memory. */
export class InFlight {
  private messages = 0;
  private bytes = 0;

  /** Whether a message of this size may go; if so, `give` must follow when it ends. */
  take(bytes: number): boolean {
    if (this.messages >= MAX_MESSAGES || this.bytes + bytes > MAX_BYTES) return false;
    this.messages += 1;
    this.bytes += bytes;
    return true;
  }

  give(bytes: number): void {
    this.messages -= 1;
    this.bytes -= bytes;
  }
}
