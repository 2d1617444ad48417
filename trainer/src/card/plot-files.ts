import { artifactKeys } from '@churnops/crds';
import type { CardContent } from './card-content.js';
import { dataPlot, importancePlot } from './plots/column-plots.js';
import { calibrationPlot, scorePlot } from './plots/probability-plots.js';
import { decidedBy, liftPlot, precisionRecallPlot, rocPlot } from './plots/ranking-plots.js';

/** The plots of a card, in its order, with what is said in their place where they can't be seen. */
export const plots = {
  roc: 'ROC curve: leavers found against stayers contacted in vain',
  'precision-recall': 'Precision and recall: how many of the contacted are leavers',
  lift: 'Lift: leavers among the customers contacted first, compared with chance',
  calibration: 'Calibration: probabilities against the shares of customers who left',
  scores: 'Distribution of the probabilities of those who stayed and those who left',
  importance: 'Importance: how much the ranking loses without each column',
  data: 'What each column tells alone, and which ones a finding names',
} as const;
export type PlotName = keyof typeof plots;

const STEM = artifactKeys.card.replace(/\.md$/, '');

/** The file, or key of the ConfigMap, of a plot. */
export function plotFile(name: PlotName, stem = STEM): string {
  return `${stem}-${name}.svg`;
}

const plotFiles: ReadonlySet<string> = new Set(Object.keys(plots).map((name) => `${STEM}-${name}.svg`));

/** Whether a file beside an artifact is its model card or one of its plots. */
export function isCardFile(name: string): boolean {
  return name === artifactKeys.card || plotFiles.has(name);
}

/** Draws the plots for which there are figures. */
export function drawPlots({ manifest, report }: CardContent): Map<PlotName, string> {
  const drawn = new Map<PlotName, string>();
  const { card } = report;
  if (card !== undefined) {
    const decided = decidedBy(card, manifest.decision.threshold);
    drawn.set('roc', rocPlot(card, decided, manifest.metrics['RocAUC']));
    drawn.set('precision-recall', precisionRecallPlot(card, decided, manifest.metrics['PrAUC']));
    drawn.set('lift', liftPlot(card));
    drawn.set('calibration', calibrationPlot(card));
    drawn.set('scores', scorePlot(card, manifest.decision.threshold));
    if (card.importances.length > 0) drawn.set('importance', importancePlot(card));
  }
  if (manifest.dataReport?.columns.some(({ auc }) => auc !== undefined) === true)
    drawn.set('data', dataPlot(manifest.dataReport));
  return drawn;
}
