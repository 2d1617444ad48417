/** The rows of a CSV text (RFC 4180, a header line, no line breaks in fields): quoted fields as text, others as numbers where they are; blanks are left out. */
export function readCsv(text: string): { header: string[]; rows: Record<string, string | number>[] } {
  const [head = '', ...lines] = text.split(/\r?\n/).filter((line) => line !== '');
  const header = fields(head).map(({ text }) => text);
  const rows = lines.map((line) => {
    const row: Record<string, string | number> = {};
    for (const [index, { text, quoted }] of fields(line).entries()) {
      const name = header[index];
      if (name === undefined || text === '' || text === 'NA') continue;
      row[name] = quoted || Number.isNaN(Number(text)) ? text : Number(text);
    }
    return row;
  });
  return { header, rows };
}

function fields(line: string): { text: string; quoted: boolean }[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) => ({
    text: (quoted ?? plain ?? '').replaceAll('""', '"'),
    quoted: quoted !== undefined,
  }));
}
