import { HISTORY_KEY } from '@churnops/crds';
import type { HistoryEntry } from '@churnops/crds';
import { historyText } from '../decide/history-chain.js';
import { historyName } from '../decide/names.js';
import type { DesiredObject } from '../runtime/kube-object.js';
import type { Model } from '../world.js';
import { childLabels, childMetadata } from './ownership.js';

/** The ConfigMap with the reports of deleted revisions. */
export function historyConfigMap(model: Model, entries: readonly HistoryEntry[]): DesiredObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: childMetadata(model, historyName(model.key.name), childLabels(model.key.name, 'serving')),
    data: { [HISTORY_KEY]: historyText(entries) },
  };
}
