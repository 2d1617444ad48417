import type { Feature } from '@churnops/crds';
import { acceptedTypes } from '../model/cell.js';

/** JSON Schema of a feature, as an OpenAPI 3.1 document carries it. */
export function featureSchema(feature: Feature, example: unknown): Record<string, unknown> {
  return {
    type: [...acceptedTypes(feature, 'Json'), 'null'],
    description: [kindSentence(feature), missingSentence(feature)].join(' '),
    ...(feature.encoding.kind === 'Date' && { format: 'date-time' }),
    ...(example !== undefined && { examples: [example] }),
    ...allowedValues(feature),
  };
}

function kindSentence({ encoding, range, storedAs }: Feature): string {
  switch (encoding.kind) {
    case 'Number':
      return `A number.${storedAs === 'Text' ? ' Numbers as text are read too.' : ''}${rangeSentence(range)}`;
    case 'Date':
      return 'A date or time in ISO 8601; without a zone it is UTC.';
    case 'Boolean':
      return `"${encoding.trueValue}" or "${encoding.falseValue}"; true and false are read too.`;
    case 'OneHot':
    case 'Codes':
      return `One of: ${encoding.categories.join(', ')}. Another value counts as other.`;
  }
}

function rangeSentence(range: Feature['range']): string {
  return range === undefined ? '' : ` Training saw ${range[0]} to ${range[1]}.`;
}

function missingSentence({ missingPolicy }: Feature): string {
  return missingPolicy === 'Reject' ? 'Must be given.' : 'May be missing: leave it out, or send null or an empty text.';
}

/** No `enum`: a client generated from it would refuse the new category that the model takes. */
function allowedValues({ encoding }: Feature): Record<string, unknown> {
  return encoding.kind === 'OneHot' || encoding.kind === 'Codes' ? { 'x-categories': encoding.categories } : {};
}
