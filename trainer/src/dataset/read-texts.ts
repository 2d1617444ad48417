import { parseDays, parseDecimal } from '../features/cell-encoder.js';

/** How the texts of a column are read that are not spelled as the contract spells numbers and dates. */
export type Reading =
  | {
      readonly kind: 'Number';
      /** NaN where there is no value. */
      readonly valueOf: (text: string) => number;
      readonly readAs: string;
    }
  | {
      readonly kind: 'Date';
      /** The ISO 8601 text; blank where there is no value. */
      readonly textOf: (text: string) => string;
      readonly readAs: string;
    }
  /** They may mean either of two things, and stay texts. */
  | { readonly kind: 'Ambiguous'; readonly readAs: string };

/** What stands for a missing value among numbers and dates. Among other texts it may be a category. */
const missingWords: ReadonlySet<string> = new Set([
  'na',
  'n/a',
  '#n/a',
  'nan',
  'null',
  'none',
  'nil',
  '-',
  '--',
  '?',
  '.',
]);

/**
 * Finds out how texts are to be read: as numbers with decimal commas or thousands separators, as dates of other spellings, or as
 * either with words for missing values. Only what can't mean anything else is read. Undefined: as they are.
 *
 * @param texts the distinct texts of the column
 */
export function readTexts(texts: readonly string[]): Reading | undefined {
  const filled = texts.map((text) => text.trim()).filter((text) => text !== '');
  const words = filled.filter(isMissingWord);
  const others = filled.filter((text) => !isMissingWord(text));
  if (others.length === 0) return undefined;
  return asNumbers(others, words) ?? asDates(others, words);
}

function isMissingWord(text: string): boolean {
  return missingWords.has(text.toLowerCase());
}

interface Spelling {
  readonly fits: (text: string) => boolean;
  /** The same as the contract spells it. */
  readonly plain: (text: string) => string;
  readonly readAs: string;
}

// Codes stay texts: they have a leading zero, such as a postcode, or more digits than a float64 keeps, such as a key.
const numbers = {
  plain: /^[+-]?(?:(?:0|[1-9]\d{0,14})(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,2})?$/i,
  decimalComma: /^[+-]?(?:0|[1-9]\d{0,14}|[1-9]\d{0,2}(?:\.\d{3}){1,4})(?:,\d+)?$/,
  thousandsComma: /^[+-]?(?:0|[1-9]\d{0,14}|[1-9]\d{0,2}(?:,\d{3}){1,4})(?:\.\d+)?$/,
};

const plainNumbers = spelling(numbers.plain, (text) => text, 'numbers');

const numberSpellings = [
  spelling(numbers.decimalComma, (text) => text.replaceAll('.', '').replace(',', '.'), 'numbers with decimal commas'),
  spelling(numbers.thousandsComma, (text) => text.replaceAll(',', ''), 'numbers with commas between thousands'),
];

function spelling(pattern: RegExp, plain: (text: string) => string, readAs: string): Spelling {
  return { fits: (text) => pattern.test(text), plain, readAs };
}

const isoDates: Spelling = {
  fits: (text) => parseDays(text) !== undefined,
  plain: (text) => text,
  readAs: 'dates',
};

const dateSpellings = [
  dateSpelling(String.raw`(?<year>\d{4})[/.](?<month>\d{1,2})[/.](?<day>\d{1,2})`, 'dates as year/month/day'),
  dateSpelling(String.raw`(?<day>\d{1,2})[./-](?<month>\d{1,2})[./-](?<year>\d{4})`, 'dates as day/month/year'),
  dateSpelling(String.raw`(?<month>\d{1,2})[/-](?<day>\d{1,2})[/-](?<year>\d{4})`, 'dates as month/day/year'),
];

function dateSpelling(date: string, readAs: string): Spelling {
  const pattern = new RegExp(String.raw`^${date}(?:[T ]+(?<hour>\d{1,2})(?<rest>:\d{2}(?::\d{2})?))?$`, 'i');
  const plain = (text: string) => {
    const { year = '', month = '', day = '', hour, rest = '' } = pattern.exec(text)?.groups ?? {};
    const iso = [year, month.padStart(2, '0'), day.padStart(2, '0')].join('-');
    return hour === undefined ? iso : `${iso}T${hour.padStart(2, '0')}${rest}`;
  };
  return { fits: (text) => pattern.test(text) && parseDays(plain(text)) !== undefined, plain, readAs };
}

function asNumbers(texts: readonly string[], words: readonly string[]): Reading | undefined {
  const found = spellingOf(texts, plainNumbers, numberSpellings);
  if (found === 'Ambiguous') {
    return {
      kind: 'Ambiguous',
      readAs: 'texts, since a comma in them may be a decimal point or stand between thousands',
    };
  }
  // Numbers that the contract can spell stay as the table has them.
  if (found === undefined || (found === plainNumbers && words.length === 0)) return undefined;
  const valueOf = (text: string) => parseDecimal(found.plain(text.trim())) ?? Number.NaN;
  return { kind: 'Number', valueOf, readAs: describe(found, words) };
}

function asDates(texts: readonly string[], words: readonly string[]): Reading | undefined {
  const found = spellingOf(texts, isoDates, dateSpellings);
  if (found === 'Ambiguous') {
    return { kind: 'Ambiguous', readAs: 'texts, since they may be dates with the day or with the month first' };
  }
  if (found === undefined || (found === isoDates && words.length === 0)) return undefined;
  const textOf = (text: string) => (found.fits(text.trim()) ? found.plain(text.trim()) : '');
  return { kind: 'Date', textOf, readAs: describe(found, words) };
}

/** The plain spelling when it fits, else the only other one that does. */
function spellingOf(
  texts: readonly string[],
  plain: Spelling,
  others: readonly Spelling[],
): Spelling | 'Ambiguous' | undefined {
  const [found, another] = [plain, ...others].filter(({ fits }) => texts.every(fits));
  return found === plain || another === undefined ? found : 'Ambiguous';
}

function describe({ readAs }: Spelling, words: readonly string[]): string {
  if (words.length === 0) return readAs;
  const shown = words.slice(0, 5).map((word) => `"${word}"`);
  return `${readAs}; ${shown.join(', ')} ${shown.length === 1 ? 'counts' : 'count'} as missing`;
}
