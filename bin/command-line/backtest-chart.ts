import type { Backtest, NamedTally, Tally } from '../../lib/policy/backtest.ts';
import { cut, visible } from './terminal.ts';

/** What a chart says beside the counts. */
export type Caption = { readonly title: string; readonly isComparison: boolean };

/** Bars of one group; what is beyond is counted. */
const barsMax = 12;
const width = 860;
const margin = 24;
const [barsStart, barsEnd] = [320, 690];
const [headHeight, headingHeight, barHeight] = [92, 44, 24];

/**
 * A backtest as one picture: a bar for each service, rule and vulnerability, parted into holds kept, gained, lost and only
 * recorded. It stands alone, without script or font, follows the reader's light or dark setting, and says each number in text.
 *
 * Made by hand: stacked bars are these few lines, and a chart library is tens of megabytes that know no dark setting.
 */
export function backtestChart(backtest: Backtest, { title, isComparison }: Caption): string {
  const groups = [
    groupOf('By service', backtest.services),
    groupOf('By rule', backtest.rules),
    groupOf('By vulnerability', backtest.vulnerabilities),
  ];
  const longest = Math.max(1, ...groups.flatMap(({ bars }) => bars.map(lengthOf)));
  const drawn: string[] = [];
  let y = headHeight;
  for (const { heading, bars } of groups) {
    drawn.push(textAt(margin, y + 16, 'heading', heading));
    for (const [at, bar] of bars.entries())
      drawn.push(...barAt(y + headingHeight - 16 + at * barHeight, bar, longest, isComparison));
    y += headingHeight + bars.length * barHeight;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" width="${width}" height="${y}" role="img" aria-labelledby="title what">
<title id="title">${escaped(title)}</title>
<desc id="what">${escaped(`${numbersOf(backtest.holds, isComparison)} holds in all, parted by service, rule and vulnerability.`)}</desc>
<style>${style}</style>
<rect class="ground" width="${width}" height="${y}"/>
${textAt(margin, 36, 'title', title)}
${legend(isComparison).join('\n')}
${drawn.join('\n')}
</svg>
`;
}

type Group = { readonly heading: string; readonly bars: readonly NamedTally[] };

function groupOf(name: string, rows: readonly NamedTally[]): Group {
  const more = rows.length > barsMax ? `, the first ${barsMax} of ${rows.length}` : '';
  return { heading: rows.length === 0 ? `${name}: no hold` : `${name}${more}`, bars: rows.slice(0, barsMax) };
}

const parts = ['kept', 'gained', 'lost', 'audit'] as const;
const words = { kept: 'kept', gained: 'gained', lost: 'lost', audit: 'only recorded (audit)' } as const;

function lengthOf(bar: NamedTally): number {
  return parts.reduce((sum, part) => sum + bar[part], 0);
}

function barAt(y: number, bar: NamedTally, longest: number, isComparison: boolean): readonly string[] {
  const scale = (barsEnd - barsStart) / longest;
  let x = barsStart;
  const rects = parts.map((part) => {
    const rect = `<rect class="${part}" x="${x.toFixed(1)}" y="${y + 4}" width="${(bar[part] * scale).toFixed(1)}" height="${barHeight - 8}"/>`;
    x += bar[part] * scale;
    return bar[part] === 0 ? '' : rect;
  });
  const name = textAt(barsStart - 12, y + 16, 'name', cut(visible(bar.name), 40));
  return [name, rects.join(''), textAt(barsEnd + 12, y + 16, 'number', numbersOf(bar, isComparison))];
}

/** The counts of a bar in a few characters: `12 +3 −1`, kept, gained and lost; `12` by itself. */
function numbersOf({ kept, gained, lost, audit }: Tally, isComparison: boolean): string {
  const changes = [...(gained > 0 ? [`+${gained}`] : []), ...(lost > 0 ? [`−${lost}`] : [])];
  const said = isComparison ? [`${kept}`, ...changes] : [`${gained}`];
  return audit > 0 ? `${said.join(' ')} (${audit} audit)` : said.join(' ');
}

function legend(isComparison: boolean): readonly string[] {
  const shown = isComparison ? parts : (['gained', 'audit'] as const);
  const named = isComparison ? words : { ...words, gained: 'holds' };
  return shown.map((part, at) => {
    const x = margin + at * 120;
    return `<rect class="${part}" x="${x}" y="56" width="14" height="14"/>${textAt(x + 22, 68, 'number', named[part])}`;
  });
}

function textAt(x: number, y: number, kind: string, text: string): string {
  return `<text class="${kind}" x="${x}" y="${y}">${escaped(text)}</text>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const style = `
text { font: 13px system-ui, sans-serif; fill: #1c2430 } .title { font-size: 18px; font-weight: 600 }
.heading { font-weight: 600 } .name { text-anchor: end } .ground { fill: #ffffff }
.kept { fill: #7488a6 } .gained { fill: #c8352b } .lost { fill: none; stroke: #7488a6; stroke-dasharray: 4 2 }
.audit { fill: none; stroke: #b07c10; stroke-width: 2 }
@media (prefers-color-scheme: dark) { text { fill: #e6ebf2 } .ground { fill: #12171f } .kept { fill: #8fa3c4 }
.gained { fill: #f0685e } .lost { stroke: #8fa3c4 } .audit { stroke: #e0b04a } }
`;
