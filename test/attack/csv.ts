/** The rows of a CSV text as RFC 4180 reads them. Throws where it is none. */
export function csvRows(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [[]];
  let rest = text;
  for (;;) {
    const [whole = '', quoted, bare = ''] = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))/.exec(rest) ?? [];
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? bare);
    rest = rest.slice(whole.length);
    if (rest === '') return rows;
    if (rest.startsWith('\r\n')) rows.push([]);
    else if (!rest.startsWith(',')) throw new SyntaxError(`no cell ends before ${JSON.stringify(rest.slice(0, 20))}`);
    rest = rest.slice(rest.startsWith(',') ? 1 : 2);
  }
}
