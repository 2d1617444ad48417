import type { Page, Pod } from '../world.js';
import { samplesOf } from './metrics-text.js';

/** The text of the metrics page of the pod with this IP address. Rejects with a reason for people. */
export type PageReader = (address: string) => Promise<string>;

/** So many pods are read at the same time. */
const CONCURRENCY = 16;

/** The pages of pods by their names. A page that can't be had is a problem of its own, and never one of the others. */
export async function readPages(readPage: PageReader, pods: readonly Pod[]): Promise<ReadonlyMap<string, Page>> {
  const pages = new Map<string, Page>();
  const waiting = pods.values();
  const work = async () => {
    for (const { name, address = '' } of waiting) pages.set(name, await pageOf(readPage, address));
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return pages;
}

async function pageOf(readPage: PageReader, address: string): Promise<Page> {
  try {
    return { samples: samplesOf(await readPage(address)) };
  } catch (error) {
    return { problem: error instanceof Error ? causeOf(error) : String(error) };
  }
}

/** What `fetch` failed at is one level below. */
function causeOf({ message, cause }: Error): string {
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}
