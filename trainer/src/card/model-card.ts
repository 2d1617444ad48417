import { artifactKeys } from '@churnops/crds';
import type { CardContent } from './card-content.js';
import { drawPlots, plotFile, plots, type PlotName } from './plot-files.js';
import { aboutData } from './sections/about-data.js';
import { aboutFailures } from './sections/about-failures.js';
import { aboutMaking } from './sections/about-making.js';
import { aboutProbabilities } from './sections/about-probabilities.js';
import { aboutQuality } from './sections/about-quality.js';
import { aboutUse } from './sections/about-use.js';

/** The first line of every card: by it an earlier card is told from a page of the user's. */
export const CARD_MARK = '<!-- A ChurnOps model card. -->';

/** Shows a plot by its name; nothing when it could not be drawn. */
export type ShowPlot = (name: PlotName) => string[];

/**
 * A model card: a page in Markdown for people who decide by the model, and its plots. What the artifact does not tell is left out.
 *
 * @param stem name of the page without `.md`; those of its plots begin with it
 * @returns texts by file name, the page first
 */
export function modelCard(content: CardContent, stem = artifactKeys.card.replace(/\.md$/, '')): Map<string, string> {
  const drawn = drawPlots(content);
  const show: ShowPlot = (name) => (drawn.has(name) ? [`![${plots[name]}](${plotFile(name, stem)})`] : []);
  const blocks = [
    CARD_MARK,
    ...aboutUse(content),
    ...aboutQuality(content, show),
    ...aboutProbabilities(content, show),
    ...aboutFailures(content),
    ...aboutData(content, show),
    ...aboutMaking(content),
  ];
  return new Map([
    [`${stem}.md`, `${blocks.join('\n\n')}\n`],
    ...Array.from(drawn, ([name, svg]) => [plotFile(name, stem), svg] as const),
  ]);
}
