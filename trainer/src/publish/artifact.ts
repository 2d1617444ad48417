import { createHash } from 'node:crypto';
import {
  Manifest,
  TrainingReport,
  artifactKeys,
  MAX_ARTIFACT_BYTES,
  type CardFigures,
  type GateVerdict,
} from '@churnops/crds';
import { modelCard } from '../card/model-card.js';
import { gateSentence } from '../evaluation/pass-gates.js';
import { TrainingProblem } from '../failure.js';
import type { TrainedModel } from '../train.js';
import { replayTableWithin, replayText } from './replay-rows.js';

/** The files of an artifact, by the names of `artifactKeys`. */
export interface Artifact {
  readonly manifest: Manifest;
  readonly report: TrainingReport;
  readonly onnx: Uint8Array<ArrayBuffer>;
  /** Bytes of manifest.json; their SHA-256 is the artifact's identity. */
  readonly manifestText: string;
  readonly reportText: string;
  /** Undefined when not one row fits. */
  readonly replayText: string | undefined;
  /** The model card and its plots by file name; empty when they don't fit. */
  readonly card: ReadonlyMap<string, string>;
}

/** A larger model card is left out, in bytes: its report has all that it is made from. */
const MOST_CARD_BYTES = 160 * 1024;

/** What the manifest says about replay.json takes less, in bytes. */
const REPLAY_ENTRY_BYTES = 256;

/**
 * Makes the files of an artifact. The order of keys is that of the manifest's schema, so equal models give equal bytes. Rows to
 * replay, and then the model card, are left out where the ConfigMap would get too large: a model is worth more than they are.
 */
export function makeArtifact(model: TrainedModel, run: Manifest['run'], { inBucket = false } = {}): Artifact {
  const { onnx, manifest, replay, card: figures } = model;
  const without = filesOf({ ...manifest, run }, figures);
  const least = {
    ...without,
    onnx: inBucket ? undefined : onnx,
    replayText: undefined,
    card: new Map<string, string>(),
  };
  const free = MAX_ARTIFACT_BYTES - bytesOf(least) - REPLAY_ENTRY_BYTES;
  const card = cardWithin(without, Math.min(MOST_CARD_BYTES, free));
  const table = inBucket ? replay : replay && replayTableWithin(replay, free - bytesOfCard(card));
  if (table === undefined) return { ...without, onnx, replayText: undefined, card };
  const text = replayText(table);
  const entry = { file: artifactKeys.replay, sha256: sha256Of(text), rows: table.rows.length };
  const files = filesOf({ ...manifest, replay: entry, run }, figures);
  // The card names the artifact by its hash, and rows to replay change that, but not its length.
  return { ...files, onnx, replayText: text, card: card.size === 0 ? card : modelCard(files) };
}

/** The model card, or nothing when it has more bytes. */
function cardWithin(content: Pick<Artifact, 'manifest' | 'report'>, most: number): ReadonlyMap<string, string> {
  const card = modelCard(content);
  return bytesOfCard(card) <= most ? card : new Map();
}

function bytesOfCard(card: ReadonlyMap<string, string>): number {
  return [...card.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

/** Manifest and report; the report's length does not depend on what the manifest says. */
function filesOf(
  content: Manifest,
  card: CardFigures,
): Pick<Artifact, 'manifest' | 'manifestText' | 'report' | 'reportText'> {
  const manifest = Manifest.parse(content);
  const manifestText = `${JSON.stringify(manifest)}\n`;
  const report = TrainingReport.parse({
    artifactSha256: sha256Of(manifestText),
    metrics: reportedMetrics(manifest),
    ...(manifest.intervals && { intervals: reportedIntervals(manifest.intervals) }),
    gates: manifest.gates.map(reportedGate),
    threshold: manifest.decision.threshold.toFixed(4),
    failedGates: manifest.gates.filter((gate) => !gate.passed).map(gateSentence),
    warnings: manifest.warnings,
    findings: manifest.dataReport?.findings,
    card,
  });
  return { manifest, manifestText, report, reportText: `${JSON.stringify(report)}\n` };
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Accuracy is left to the manifest: where few leave it flatters every model. */
function reportedMetrics(manifest: Manifest): Record<string, string> {
  const reported = Object.entries(manifest.metrics).filter(([name]) => name !== 'Accuracy');
  return Object.fromEntries(reported.map(([name, value]) => [name, value.toFixed(4)]));
}

function reportedIntervals(intervals: NonNullable<Manifest['intervals']>) {
  const reported = Object.entries(intervals).filter(([name]) => name !== 'Accuracy');
  return Object.fromEntries(
    reported.map(([name, [low, high]]) => [name, { low: low.toFixed(4), high: high.toFixed(4) }]),
  );
}

function reportedGate({ value, current, change, changeInterval, ...gate }: Manifest['gates'][number]): GateVerdict {
  return {
    ...gate,
    value: value.toFixed(4),
    ...(current !== undefined && { current: current.toFixed(4) }),
    ...(change !== undefined && { change: change.toFixed(4) }),
    ...(changeInterval && { changeLow: changeInterval[0].toFixed(4), changeHigh: changeInterval[1].toFixed(4) }),
  };
}

/** What a ConfigMap is to hold. */
export interface PublishedFiles extends Pick<Artifact, 'manifestText' | 'reportText' | 'replayText' | 'card'> {
  /** Undefined: it is kept in a bucket. */
  readonly onnx: Uint8Array<ArrayBuffer> | undefined;
}

function sizesOf({ onnx, manifestText, reportText, replayText: replay = '', card }: PublishedFiles) {
  return [
    [artifactKeys.model, onnx?.length ?? 0],
    [artifactKeys.manifest, Buffer.byteLength(manifestText)],
    [artifactKeys.report, Buffer.byteLength(reportText)],
    [artifactKeys.replay, Buffer.byteLength(replay)],
    [artifactKeys.card, bytesOfCard(card)],
  ] as const;
}

function bytesOf(files: PublishedFiles): number {
  return sizesOf(files).reduce((sum, [, size]) => sum + size, 0);
}

/** Refuses files that a ConfigMap can't hold. */
export function checkSize(files: PublishedFiles): void {
  const bytes = bytesOf(files);
  if (bytes <= MAX_ARTIFACT_BYTES) return;
  const parts = sizesOf(files)
    .filter(([, size]) => size > 0)
    .map(([name, size]) => `${name} ${size}`)
    .join(', ');
  const wayOut = files.onnx === undefined ? '' : 'keep it in a bucket with spec.artifacts.s3, or ';
  throw new TrainingProblem(
    'ArtifactTooLarge',
    `The artifact has ${bytes} bytes (${parts}), and a ConfigMap may hold ${MAX_ARTIFACT_BYTES} (900 KiB): ${wayOut}leave out columns with spec.data.excludeColumns.`,
  );
}
