/** Where text stops being JSON, counted from 1, and what is wrong there in words that tell how to mend it. */
export type JsonFault = { readonly line: number; readonly column: number; readonly message: string };

/** The first fault of text that is not JSON; null when it is JSON. */
export function jsonFault(text: string): JsonFault | null {
  const open: ('{' | '[')[] = [];
  let expected: Expected = 'value';
  let at = 0;
  for (;;) {
    at = afterBlanks(text, at);
    const character = text[at];
    if (character === undefined) return expected === 'end' ? null : faultAt(text, at, endMessage(open.at(-1)));
    if (expected === 'end') return faultAt(text, at, 'there is more text after the end of the JSON');
    const token = tokenAt(text, at, expected);
    if (token === null) return faultAt(text, at, messageFor(character, expected));
    if (token.fault !== undefined) return faultAt(text, token.end, token.fault);
    at = token.end;
    if (token.opens !== undefined) open.push(token.opens);
    if (token.closes) open.pop();
    expected = next(expected, token, open.at(-1));
  }
}

/** `value-or-end` and `key-or-end` follow an opening bracket, `comma-or-end` follows a value. */
type Expected = 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'colon' | 'comma-or-end' | 'end';

type Token = { readonly end: number; readonly opens?: '{' | '['; readonly closes?: boolean; readonly fault?: string };

function tokenAt(text: string, at: number, expected: Expected): Token | null {
  const character = text[at] ?? '';
  switch (expected) {
    case 'colon':
      return character === ':' ? { end: at + 1 } : null;
    case 'comma-or-end':
      if (character === ',') return { end: at + 1 };
      return character === '}' || character === ']' ? { end: at + 1, closes: true } : null;
    case 'key':
    case 'key-or-end':
      if (character === '}' && expected === 'key-or-end') return { end: at + 1, closes: true };
      return character === '"' ? stringAt(text, at) : null;
    case 'value':
    case 'value-or-end':
      if (character === ']' && expected === 'value-or-end') return { end: at + 1, closes: true };
      return valueAt(text, at);
    case 'end':
      return null;
    default:
      return expected satisfies never;
  }
}

function valueAt(text: string, at: number): Token | null {
  const character = text[at];
  if (character === '{' || character === '[') return { end: at + 1, opens: character };
  if (character === '"') return stringAt(text, at);
  literal.lastIndex = at;
  const found = literal.exec(text);
  return found === null ? null : { end: at + found[0].length };
}

const literal = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y;
const escaped = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

function stringAt(text: string, start: number): Token {
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (character === quote) return { end: at + 1 };
    if (character < blank)
      return { end: at, fault: 'a line break or control character stands inside a text: write it as \\n or delete it' };
    if (character !== backslash) continue;
    escaped.lastIndex = at;
    const found = escaped.exec(text);
    if (found === null)
      return { end: at, fault: 'a backslash stands before a character that needs none: write it as \\\\' };
    at += found[0].length - 1;
  }
  return { end: text.length, fault: 'the text ends inside quotes: it may have been cut off' };
}

const [quote, backslash, blank] = [0x22, 0x5c, 0x20];

function next(expected: Expected, token: Token, container: '{' | '[' | undefined): Expected {
  if (token.opens !== undefined) return token.opens === '{' ? 'key-or-end' : 'value-or-end';
  if ((expected === 'key' || expected === 'key-or-end') && !token.closes) return 'colon';
  if (expected === 'colon') return 'value';
  if (expected === 'comma-or-end' && !token.closes) return container === '{' ? 'key' : 'value';
  return container === undefined ? 'end' : 'comma-or-end';
}

function messageFor(character: string, expected: Expected): string {
  if (/[\s\p{Cf}]/u.test(character))
    return 'a blank stands here that JSON does not know (a no-break space, say): replace it';
  if (/[“”‘’„«»]/u.test(character)) return 'a typographic quote stands where a straight " belongs';
  if (character === "'") return 'a single quote stands where a double " belongs';
  if (character === '/' || character === '#') return 'a comment stands here, which JSON does not have: delete it';
  if (character === '<') return 'a placeholder stands where a value belongs';
  if (expected === 'comma-or-end') return 'a comma or a closing bracket is missing before this';
  if (expected === 'colon') return 'a colon is missing after the name';
  if (character === '}' || character === ']') return 'a comma stands before this closing bracket: delete it';
  return expected === 'key' || expected === 'key-or-end'
    ? 'a name in double quotes is missing'
    : 'this is not a JSON value';
}

function endMessage(open: '{' | '[' | undefined): string {
  const closing = open === '{' ? '}' : ']';
  return open === undefined
    ? 'the text ends where a value belongs'
    : `the text ends before its closing ${closing}: it may have been cut off`;
}

function afterBlanks(text: string, start: number): number {
  blanks.lastIndex = start;
  return start + (blanks.exec(text)?.[0].length ?? 0);
}

const blanks = /[ \t\n\r]*/y;

function faultAt(text: string, at: number, message: string): JsonFault {
  const before = text.slice(0, at).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, message };
}
