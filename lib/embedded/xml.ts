/**
 * An answer of the AWS query protocol. Records become elements, arrays `<member>` lists, maps `<entry>` lists; every text
 * is escaped, and characters that XML cannot carry are left out.
 */
export function xmlOf(root: string, namespace: string, content: Readonly<Record<string, unknown>>): string {
  return `<?xml version="1.0"?>\n<${root} xmlns="${namespace}">${elements(content)}</${root}>`;
}

function elements(content: object): string {
  return Object.entries(content)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `<${name}>${contentOf(value)}</${name}>`)
    .join('');
}

function contentOf(value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => `<member>${contentOf(item)}</member>`).join('');
  if (value instanceof Map)
    return [...value].map(([key, item]) => `<entry>${elements({ key, value: item })}</entry>`).join('');
  if (typeof value === 'object' && value !== null) return elements(value);
  return escaped(String(value));
}

function escaped(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replace(/[<>&"'\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}
