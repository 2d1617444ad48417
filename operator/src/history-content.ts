import { HISTORY_KEY } from '@churnops/crds';
import { z } from 'zod';
import { readHistory } from './decide/history-chain.js';
import type { KubeObject } from './runtime/kube-object.js';
import type { HistoryContent } from './world.js';

const ConfigMapObject = z.looseObject({ data: z.record(z.string(), z.string()).optional() });

/** The stored text of a history ConfigMap; empty when the key is missing. */
export function historyTextOf(object: KubeObject): string {
  return ConfigMapObject.parse(object).data?.[HISTORY_KEY] ?? '';
}

/** What a history ConfigMap holds. */
export function historyContent(object: KubeObject | undefined): HistoryContent {
  if (object === undefined) return { kind: 'Absent' };
  const { name, uid, resourceVersion } = object.metadata;
  const { entries, problem } = readHistory(historyTextOf(object));
  if (problem === undefined) return { kind: 'Read', uid, resourceVersion, entries };
  const message = `${HISTORY_KEY} in ConfigMap ${name}: ${problem}. No revision is pruned until it is mended, or the ConfigMap deleted.`;
  return { kind: 'Unreadable', message };
}
