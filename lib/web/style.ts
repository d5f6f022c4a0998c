import { actions } from '../hold/hold.ts';

/**
 * Our style, after Pico. One scale (14 16 20 28 pixels), three colours with a meaning, all at AA contrast on both grounds.
 * No icon of Pico's is used: they are `data:` images, which our content security policy does not load.
 */
export const stopshipStyle = `
:root {
  --pico-font-size: 100% !important;
  --pico-font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", sans-serif;
  --pico-border-radius: 0.5rem;
  --pico-icon-checkbox: none; --pico-icon-minus: none; --pico-icon-chevron: none; --pico-icon-date: none;
  --pico-icon-time: none; --pico-icon-search: none; --pico-icon-close: none; --pico-icon-loading: none;
}
:root:not([data-theme]) {
  --pico-icon-valid: none; --pico-icon-invalid: none;
  --pico-background-color: #f6f7f9; --pico-color: #1d232e; --pico-h1-color: #1d232e; --pico-h2-color: #1d232e; --pico-h3-color: #1d232e;
  --pico-primary: #0b57b5; --pico-primary-hover: #08407f; --pico-primary-background: #0b57b5; --pico-primary-hover-background: #08407f; --pico-primary-border: #0b57b5;
  --pico-muted-border-color: #d5dae1; --pico-table-border-color: #d5dae1; --pico-form-element-border-color: #7d8795;
  --pico-form-element-background-color: #fff; --pico-code-background-color: #e9ecf1; --pico-code-color: #1d232e;
  --surface: #fff; --edge: #d5dae1; --quiet: #555f6e;
  --red: #b3161f; --red-ground: #fdecec; --amber: #8a4b00; --amber-ground: #fff3dc; --green: #0f6b37; --green-ground: #e5f5ea; --on: #fff;
}
@media (prefers-color-scheme: dark) {
  :root:not([data-theme]) {
    --pico-background-color: #12161d; --pico-color: #e3e7ee; --pico-h1-color: #f2f4f8; --pico-h2-color: #f2f4f8; --pico-h3-color: #f2f4f8;
    --pico-primary: #8fbfff; --pico-primary-hover: #b7d6ff; --pico-primary-background: #2a6fd0; --pico-primary-hover-background: #215cb0; --pico-primary-border: #2a6fd0;
    --pico-muted-border-color: #333c4a; --pico-table-border-color: #333c4a; --pico-form-element-border-color: #77839a;
    --pico-form-element-background-color: #12161d; --pico-code-background-color: #2a313d; --pico-code-color: #e3e7ee;
    --surface: #1b212b; --edge: #333c4a; --quiet: #a5b0c0;
    --red: #ff9a98; --red-ground: #3b1a1d; --amber: #ffc46b; --amber-ground: #37270d; --green: #7fdba0; --green-ground: #12301f; --on: #12161d;
  }
}
body { font-variant-numeric: tabular-nums; overflow-wrap: break-word; }
body > header, body > main { box-sizing: border-box; width: 100%; max-width: 64rem; margin: 0 auto; padding: 0.75rem 1rem; }
body.narrow > header, body.narrow > main { max-width: 40rem; }
body > main { padding-bottom: 4rem; outline: 0; }
body > header { display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 1.5rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0.25rem 0 0.75rem; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 0 0 0.5rem; }
h3 { font-size: 1rem; margin: 1rem 0 0.25rem; }
main > h2, main > section:not(.card) > h2 { margin-top: 2rem; }
.card h2, .card h3 { margin-top: 0; }
p, ul, ol, dl { font-size: 1rem; margin-bottom: 0.75rem; }
small, .quiet, time, thead th { font-size: 0.875rem; }
small { font-weight: 400; color: var(--quiet); }
.quiet { color: var(--quiet); }
p time, li time, dd time, legend time { font-size: inherit; }
code { font-size: 0.875rem; padding: 0.1rem 0.3rem; overflow-wrap: anywhere; }
.lead { font-size: 1.25rem; line-height: 1.4; }
.brand { font-size: 1rem; font-weight: 700; margin: 0; color: var(--pico-color); text-decoration: none; padding: 0.5rem 0; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 0.5rem; top: 0.5rem; background: var(--surface); padding: 0.5rem; z-index: 2; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
nav ul { flex-wrap: wrap; margin: 0; }
nav li, nav ul:first-of-type { padding: 0; margin: 0; }
body > header nav a { display: inline-block; font-size: 0.875rem; margin: 0; padding: 0.5rem 0.5rem; border-radius: 0.25rem; text-decoration: none; }
body > header nav a[aria-current] { text-decoration: underline; text-underline-offset: 0.35rem; text-decoration-thickness: 2px; font-weight: 600; color: var(--pico-color); }
:focus-visible { outline: 2px solid var(--pico-primary); outline-offset: 2px; }
b.red, h1.red { color: var(--red); } b.amber, p.amber { color: var(--amber); } b.green { color: var(--green); } h1.green { color: inherit; }
.card, .mail { background: var(--surface); border: 1px solid var(--edge); border-radius: 0.5rem; box-shadow: none; padding: 1rem; margin: 0 0 1rem; }
.card > header { background: none; border: 0; margin: 0; padding: 0; }
.card > :last-child { margin-bottom: 0; }
.note, .state { padding: 0.6rem 0.9rem; border-radius: 0.375rem; border-left: 0.3rem solid var(--edge); background: var(--surface); }
.note.red, .state.red { border-color: var(--red); background: var(--red-ground); }
.note.amber, .state.amber { border-color: var(--amber); background: var(--amber-ground); }
.note.green, .state.green { border-color: var(--green); background: var(--green-ground); }
.state b:first-child { letter-spacing: 0.02em; }
.state.red b:first-child { color: var(--red); } .state.amber b:first-child { color: var(--amber); } .state.green b:first-child { color: var(--green); }
.note > :last-child { margin-bottom: 0; }
[hidden] { display: none !important; }
.crumbs { font-size: 0.875rem; color: var(--quiet); margin: 0; }
.top { margin-bottom: 1rem; } .top h1 { margin-bottom: 0; } .top p { margin: 0; }

/* Buttons */
button, .button { font-size: 1rem; font-weight: 600; width: auto; padding: 0.55rem 1.1rem; margin: 0; border-radius: 0.375rem; }
.button { display: inline-block; text-decoration: none; background: var(--pico-primary-background); color: #fff; white-space: nowrap; }
.button:hover { background: var(--pico-primary-hover-background); color: #fff; }
button.small { font-size: 0.875rem; padding: 0.3rem 0.7rem; background: transparent; color: var(--pico-primary); border: 1px solid var(--edge); }
button.small:hover { border-color: var(--pico-primary); }

/* Board */
.pipeline .head { display: flex; justify-content: space-between; align-items: center; gap: 1rem; margin-bottom: 0.5rem; }
.pipeline .head h2, .pipeline .head form { margin: 0; }
.pipeline .head .buttons { display: flex; gap: 0.5rem; flex-wrap: wrap; justify-content: flex-end; }
.line { display: flex; list-style: none; padding: 0; margin: 0 0 1rem; }
.stage { display: grid; list-style: none; margin: 0; flex: 1 1 0; min-width: 0; grid-template-columns: minmax(0, 1fr) 9rem; grid-template-rows: 2rem auto; }
.stage:first-child { flex: 0 0 9rem; grid-template-columns: 9rem; }
.way { position: relative; display: flex; align-items: center; justify-content: center; }
.way::before, .node::before, .node::after { content: ""; position: absolute; top: calc(50% - 1px); height: 2px; background: var(--edge); }
.way::before { left: 0; right: 0; }
.way.red::before { background: repeating-linear-gradient(90deg, var(--red) 0 4px, transparent 4px 8px); }
.way.amber::before { background: repeating-linear-gradient(90deg, var(--amber) 0 4px, transparent 4px 8px); }
.gate { position: relative; font-size: 0.875rem; line-height: 1; padding: 0.4rem 0.5rem; border-radius: 0.2rem; letter-spacing: 0.04em; border-style: solid; border-width: 0 0.25rem; white-space: nowrap; }
.gate.red { background: var(--red); color: var(--on); border-color: var(--pico-color); }
.gate.amber { background: var(--amber); color: var(--on); border-color: var(--pico-color); }
b.gate.red, b.gate.amber { color: var(--on); }
.under { grid-row: 2; grid-column: 1; text-align: center; min-width: 0; }
.node { position: relative; grid-row: 1; grid-column: -2 / -1; display: flex; align-items: center; justify-content: center; }
.node::before { left: 0; right: 50%; } .node::after { left: 50%; right: 0; }
.stage:first-child .node::before, .stage:last-child .node::after { display: none; }
.dot { position: relative; z-index: 1; width: 1rem; height: 1rem; border-radius: 50%; border: 2px solid var(--quiet); background: var(--surface); }
.stage.passed .dot { background: var(--green); border-color: var(--green); }
.stage.running .dot { border: 5px solid var(--pico-primary); }
.stage.failed .dot { border-radius: 0; border-color: var(--red); }
.name { grid-row: 2; grid-column: -2 / -1; text-align: center; font-size: 0.875rem; font-weight: 600; padding: 0 0.25rem; }
.chip { display: inline-block; font-size: 0.875rem; font-weight: 400; color: var(--quiet); line-height: 1.4; }
.chip code { display: inline-block; } .name .chip { display: block; } .name .doing { display: block; }
.chip code { color: var(--pico-color); }
.chip.waiting code { outline: 1px solid currentColor; }
.way.red + .under .chip .doing { color: var(--red); font-weight: 600; }
.chip .doing { white-space: nowrap; }
.held { display: flex; gap: 1rem; justify-content: space-between; align-items: flex-start; border-left: 0.3rem solid var(--red); background: var(--red-ground); box-shadow: none; border-radius: 0.375rem; padding: 0.75rem 0.9rem; margin: 0.75rem 0 0; }
.held.amber { border-color: var(--amber); background: var(--amber-ground); }
.held p { margin: 0 0 0.15rem; }
.held .what { font-size: 1.25rem; line-height: 1.3; font-weight: 600; }
.held .what a { color: inherit; }
.held .score { white-space: nowrap; }
.held .quiet, .note .quiet { color: inherit; }

/* Lists and tables */
.question { background: none; border-left: 2px solid var(--edge); box-shadow: none; border-radius: 0; padding: 0 0 0 1rem; margin: 0 0 1.25rem; }
.question h3 { margin-top: 0; } .question > :last-child { margin-bottom: 0; }
.rows { padding: 0; } .rows > li { list-style: none; padding: 0.5rem 0; margin: 0; border-bottom: 1px solid var(--edge); }
.rows > li.void { color: var(--quiet); }
.glance { display: grid; gap: 0; margin: 1rem 0; }
.glance > div, .words > div { display: grid; grid-template-columns: 9rem 1fr; gap: 1rem; padding: 0.4rem 0; border-bottom: 1px solid var(--edge); }
dt { color: var(--quiet); } dd { margin: 0; }
.words dt, .objections dt { font-weight: 600; color: inherit; } .objections > div { margin-bottom: 0.75rem; }
.words > div:target { background: var(--amber-ground); }
table { margin-bottom: 0.75rem; } th, td { background: none; padding: 0.5rem 0.75rem 0.5rem 0; vertical-align: top; font-size: 1rem; overflow-wrap: anywhere; }
thead th, tbody th, td.number { overflow-wrap: normal; }
thead th { color: var(--quiet); border-bottom-width: 1px; } tbody th { font-weight: 600; } tbody th small { display: block; }
td.number { text-align: right; padding-right: 0; }
.timeline { padding: 0; border-left: 2px solid var(--edge); margin-left: 0.4rem; }
.timeline li { list-style: none; position: relative; padding: 0 0 0.75rem 1.1rem; margin: 0; }
.timeline li::before { content: ""; position: absolute; left: -0.4rem; top: 0.4rem; width: 0.7rem; height: 0.7rem; border-radius: 50%; background: var(--quiet); }
.timeline li.red::before { background: var(--red); border-radius: 0; } .timeline li.amber::before { background: var(--amber); } .timeline li.green::before { background: var(--green); }
.timeline time { display: block; font-size: 0.875rem; color: var(--quiet); }
.path { padding: 0; } .path li { list-style: none; display: grid; grid-template-columns: 2.5rem 6rem 1fr; gap: 0.75rem; align-items: center; padding: 0.3rem 0; margin: 0; }
.path .figure { font-weight: 700; text-align: right; } .path svg { height: 0.6rem; width: 100%; } .rail { fill: var(--edge); } .bar { fill: var(--red); }
.big { font-size: 1.75rem; font-weight: 700; margin: 0; }
.figures { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); }
svg.durations { width: 100%; height: 2rem; border-radius: 0.25rem; display: block; margin-bottom: 0.5rem; }
.legend { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; padding: 0; } .legend li { list-style: none; margin: 0; } .legend svg { width: 0.75rem; height: 0.75rem; margin-right: 0.4rem; }
.phase-detect { fill: #7a8699; } .phase-halt { fill: #d1545a; } .phase-tell { fill: #c98a2b; } .phase-decide { fill: #6a7fd0; } .phase-fix { fill: #8e67b8; } .phase-verify { fill: #2f93a5; } .phase-resume { fill: #3d9a62; }

/* Decision */
.decide { margin: 1rem 0 2rem; padding: 1rem; background: var(--surface); border: 1px solid var(--edge); border-radius: 0.5rem; }
fieldset { margin-bottom: 0.75rem; } fieldset > legend { font-size: 1rem; font-weight: 600 !important; margin-bottom: 0.25rem; }
.choice { display: grid; grid-template-columns: 1.75rem 1fr; align-items: start; padding: 0.5rem; margin: 0 -0.5rem; border-radius: 0.375rem; }
.choice + .choice { border-top: 1px solid var(--edge); }
.choice:has(:checked) { background: var(--pico-background-color); }
.tick { display: grid; grid-template-columns: 1.75rem 1fr; align-items: start; }
.choice input[type=radio], .tick input { margin: 0.15rem 0 0; width: 1.25rem; height: 1.25rem; }
.choice label { font-weight: 600; margin: 0; width: auto; } .choice p { font-size: 0.875rem; line-height: 1.4; margin: 0; color: var(--quiet); } .choice p b { color: var(--pico-color); }
.then { display: block; } .then .green { color: var(--green); } .then .amber { color: var(--amber); } .then .red { color: var(--red); }
/* What would happen is told of the choice at hand, so that all choices fit one screen. */
.choice:not(:has(:checked)) .then { display: none; }
.decide label { margin-bottom: 0.2rem; } .decide label small { display: block; } .choice label { display: block; }
.decide input:not([type=radio]), .decide textarea { font-size: 1rem; height: auto; padding: 0.5rem 0.7rem; margin-bottom: 0.6rem; }
.details { border-left: 2px solid var(--edge); padding-left: 0.75rem; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 0 1rem; align-items: end; }
.error { color: var(--red); font-size: 0.875rem; font-weight: 600; margin: -0.3rem 0 0.6rem; } fieldset > .error { margin: 0; }
[aria-invalid] { border-color: var(--red) !important; }
.decide button[type=submit] { width: 100%; margin-top: 0.5rem; padding: 0.75rem; }
.decide .quiet:last-child { margin: 0.5rem 0 0; text-align: center; }
/* Until something is chosen no detail is needed, nor can the form be sent. */
.decide:has(.choices):not(:has(.choices :checked)) .details { display: none; }
summary { text-decoration: underline; color: var(--pico-primary); }
.abbreviations, .folded { border: 0; margin-bottom: 0.75rem; } .folded > table { margin-top: 0.5rem; } .abbreviations summary, .abbreviations dl { font-size: 0.875rem; }
.others { padding: 0; } .others li { list-style: none; font-size: 0.875rem; line-height: 1.4; margin: 0 0 0.4rem; color: var(--quiet); }
${actions.map(onlyNeeded).join('\n')}

/* Mailbox */
.mailbox { display: grid; grid-template-columns: 15rem minmax(0, 1fr); gap: 1.5rem; }
.people { display: block; padding: 0; } .people li { display: block; }
.people a { display: flex; justify-content: space-between; align-items: center; gap: 0.5rem; margin: 0 0 0.25rem; padding: 0.5rem 0.75rem; border-radius: 0.375rem; text-decoration: none; color: var(--pico-color); border: 1px solid transparent; }
.people a[aria-current] { background: var(--surface); border-color: var(--edge); box-shadow: inset 3px 0 0 var(--pico-primary); }
.people small { color: var(--quiet); }
.count { background: var(--pico-primary-background); color: #fff; border-radius: 1rem; font-size: 0.875rem; padding: 0 0.5rem; }
.totp { background: var(--surface); border: 1px dashed var(--edge); border-radius: 0.5rem; padding: 0.5rem 0.9rem; }
.totp code { font-size: 1.25rem; letter-spacing: 0.15em; }
.mail h3 { margin: 0; font-size: 1.25rem; } .mail header { padding-bottom: 0.25rem; border-bottom: 1px solid var(--edge); margin-bottom: 0.75rem; }
.mail .body { white-space: pre-wrap; overflow-wrap: anywhere; }
.text { background: none; box-shadow: none; padding: 0; margin: 0 0 1rem; max-width: 24rem; }
.bubble { background: var(--pico-code-background-color); border-radius: 1.1rem 1.1rem 1.1rem 0.2rem; padding: 0.6rem 0.9rem; margin-bottom: 0.2rem; white-space: pre-wrap; overflow-wrap: anywhere; }
pre { font-size: 0.875rem; padding: 0.75rem; overflow: auto; }

@media (max-width: 40rem) {
  .mailbox { grid-template-columns: minmax(0, 1fr); }
  .people { display: flex; flex-wrap: wrap; gap: 0.25rem; } .people small, .people br { display: none; } .people a { margin: 0; }
  .held { flex-direction: column; gap: 0.5rem; }
  .glance > div, .words > div { grid-template-columns: 1fr; gap: 0; }
  .stack thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  .stack, .stack tbody, .stack tr, .stack th, .stack td { display: block; width: auto; }
  .stack tr { border: 1px solid var(--edge); border-radius: 0.5rem; padding: 0.5rem 0.75rem; margin-bottom: 0.75rem; background: var(--surface); }
  .stack th, .stack td { border: 0; padding: 0.15rem 0; } .stack td::before { content: attr(data-label) ": "; color: var(--quiet); font-size: 0.875rem; }
  .path li { grid-template-columns: 2.5rem 1fr; } .path li > span:last-child { grid-column: 2; }
${standing('.line')}
  body > header { padding-bottom: 0; }
  body.narrow h1 { font-size: 1.25rem; margin-bottom: 0.4rem; } body.narrow .lead { font-size: 1rem; line-height: 1.35; margin-bottom: 0.3rem; } body.narrow main > p { line-height: 1.35; }
  .choice { padding-block: 0.3rem; } .choice p { line-height: 1.3; } .choice label, .decide legend { line-height: 1.3; } .decide { margin-top: 0.5rem; padding: 0.75rem; }
  body.narrow > header { padding-top: 0.4rem; } body.narrow .brand { margin: 0; } body.narrow main > p { margin-bottom: 0.4rem; } body.narrow > main { padding-top: 0; }
}
${standing('.line.many')}
.on-paper { display: none; }
@media print {
  :root:not([data-theme]) { --pico-background-color: #fff; --pico-color: #000; --pico-h1-color: #000; --pico-h2-color: #000; --pico-h3-color: #000; --pico-primary: #000; --pico-code-background-color: #fff; --pico-code-color: #000; --pico-muted-border-color: #999; --pico-table-border-color: #999; --surface: #fff; --quiet: #333; --edge: #999; --red: #000; --amber: #000; --green: #000; --red-ground: #fff; --amber-ground: #fff; --green-ground: #fff; --on: #fff; }
  nav, .skip, .noprint, button, .button, .crumbs { display: none !important; }
  body > main { max-width: none; padding: 0; } .lead { font-size: 1rem; }
  section, tr, article { break-inside: avoid; } h2, h3 { break-after: avoid; }
  .state { border: 1px solid #000; }
  .on-paper { display: block; } body:has(.sheet) > header { display: none; } main:has(> .sheet) > :not(.sheet) { display: none; } .sheet { break-inside: auto; } .sheet p, .sheet li, .sheet dt, .sheet dd { font-size: 0.72rem; line-height: 1.3; margin-bottom: 0.2rem; } .sheet h2 { font-size: 1rem; } .sheet h3 { font-size: 0.8rem; margin: 0.5rem 0 0.2rem; } .objections > div { margin-bottom: 0.35rem; } .objections > div { break-inside: avoid; }
}
@media (prefers-reduced-motion: reduce) { * { transition: none !important; } }
`;

/** Once a choice is checked, fields that are only for others step aside; what they hold is sent and ignored. */
function onlyNeeded(action: string): string {
  const checked = `.decide:has(#a-${action}:checked)`;
  return `${checked} .field:not(.for-${action}), ${checked} .details:not(:has(.for-${action})) { display: none; }`;
}

/** A pipeline from top to bottom, for phones and for pipelines of many stages. */
function standing(line: string): string {
  return `
${line} { display: block; }
${line} .stage, ${line} .stage:first-child { grid-template-columns: 1.25rem 1fr; grid-template-rows: auto auto; column-gap: 0.75rem; }
${line} .way { grid-column: 1; grid-row: 1; min-height: 1.25rem; justify-content: flex-start; }
${line} .way::before { left: calc(50% - 1px); right: auto; top: 0; width: 2px; height: 100%; }
${line} .way.red::before, ${line} .way.amber::before { background: var(--red); }
${line} .way.amber::before { background: var(--amber); }
${line} .way.red, ${line} .way.amber { min-height: 3rem; }
${line} .gate { z-index: 1; }
${line} .under { grid-column: 2; grid-row: 1; text-align: left; align-self: center; }
${line} .way.red + .under { padding-left: 3rem; } ${line} .way.amber + .under { padding-left: 6.5rem; }
${line} .node { grid-column: 1; grid-row: 2; align-self: stretch; align-items: flex-start; padding-top: 0.3rem; }
${line} .node::before, ${line} .node::after { left: calc(50% - 1px); right: auto; width: 2px; top: 0; height: 0.5rem; }
${line} .node::after { top: 0.5rem; height: calc(100% - 0.5rem); }
${line} .name { grid-column: 2; grid-row: 2; text-align: left; padding: 0.1rem 0 0; }
${line} .name .chip, ${line} .name .doing { display: inline; } ${line} .name .chip { margin-left: 0.5rem; }`;
}
