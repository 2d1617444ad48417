import { Routing } from '@churnops/crds';

/** What a pod knows from its routing file. */
export interface RoutingState {
  /** The last content of the file, whatever it was. */
  readonly text: string;
  /** The highest sequence that was ever acted on; 0 before the first one. */
  readonly sequence: number;
  /** Undefined: nothing is forwarded. */
  readonly routing: Routing | undefined;
}

/** What a content of the file means: the state after it, and why it was left aside if it was. */
export interface RoutingReading {
  readonly state: RoutingState;
  /** A sentence for the log, without the content. */
  readonly ignored?: string;
}

export const unrouted: RoutingState = { text: '', sequence: 0, routing: undefined };

/** Some contents of an annotation are no reason to read it: it takes 256 KiB at most, and needs 16. */
const MAX_LENGTH = 64 * 1024;

/**
 * Reads a content of the routing file. An empty one ends all forwarding; an old or unreadable one changes nothing. Sequences are
 * remembered beyond the end of forwarding, so that a late write of an operator that is no longer the leader stays without effect.
 */
export function readRouting(before: RoutingState, text: string): RoutingReading {
  if (text === before.text) return { state: before };
  if (text.trim() === '') return { state: { text, sequence: before.sequence, routing: undefined } };
  const routing = parseRouting(text);
  if (routing === undefined) {
    return { state: { ...before, text }, ignored: 'The routing annotation is unreadable; the last good one holds' };
  }
  if (routing.sequence < before.sequence) {
    return {
      state: { ...before, text },
      ignored: 'The routing annotation is older than one that was seen; it is ignored',
    };
  }
  return { state: { text, sequence: routing.sequence, routing } };
}

function parseRouting(text: string): Routing | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  try {
    return Routing.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
