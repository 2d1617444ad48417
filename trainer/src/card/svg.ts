/** An SVG element as text. Only `element` makes one, so that text of anybody can't become markup. */
class SvgElement {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}
export type Markup = SvgElement;

/** An element; children that are plain text, and all attributes, are escaped. Numbers are rounded to hundredths. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  children: readonly (Markup | string)[] = [],
): Markup {
  const listed = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(shown(value))}"`);
  const start = `<${name}${listed.join('')}`;
  if (children.length === 0) return new SvgElement(`${start}/>`);
  const inner = children.map((child) => (child instanceof SvgElement ? String(child) : escaped(child)));
  return new SvgElement(`${start}>${inner.join('')}</${name}>`);
}

/** Places on a page as the value of `points`, rounded to tenths. */
export function places(points: readonly (readonly [number, number])[]): string {
  return points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
}

function shown(value: string | number): string {
  return typeof value === 'number' ? String(Math.round(value * 100) / 100) : value;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => entities[mark] ?? '');
}
