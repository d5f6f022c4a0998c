import { html } from 'hono/html';
import { ticked } from '../../decision/ballot.ts';
import { type Html, pageOf } from '../layout.ts';
import { momentOf } from '../time.ts';
import { type Choice, type DecisionField, type DecisionView, decisionFields, type Frame } from '../views.ts';
import { abbreviationsIn } from './abbreviations.ts';
import { factsOf } from './facts.ts';
import { disputeOf, ratingsOf, severityOf } from './rating.ts';
import { timelineOf } from './timeline.ts';
import { votesOf } from './votes.ts';

/** Where one person decides on one revision of one hold. It works without script and nothing is chosen beforehand. */
export function decisionPage(view: DecisionView, frame: Frame): Html {
  const wrong = Object.keys(view.errors).length > 0;
  return pageOf({
    title: `${wrong ? 'Not recorded yet: ' : ''}${view.hold.service} before ${view.hold.stage}`,
    place: 'decision',
    main: html`${wrong && errorSummary(view)}
<h1>${headline(view)}</h1>
<p class="lead">${view.hold.sentence} <b>${severityOf(view.hold)}.</b></p>
<p>${view.effect}${view.hold.decision && html` ${view.hold.decision}`}</p>
${view.hold.lowering && html`<p><b>${view.hold.lowering}</b></p>`}
${view.earlier && html`<p class="note plain">${view.earlier} A new choice replaces it.</p>`}
${whyOf(view)}
${isVoter(view) ? form(view, frame) : onlooker(view, frame)}
<section id="facts"><h2>Facts</h2>${abbreviationsIn(JSON.stringify(view.hold.assessment))}${view.hold.origin && html`<p>${view.hold.origin}</p>`}${factsOf(view.hold.assessment, frame)}<h3>Severities given</h3>${disputeOf(view.hold.dispute, frame)}${ratingsOf(view.hold.ratings, frame)}</section>
<section><h2>Votes</h2>${votesOf(view.hold, frame)}</section>
<section id="timeline"><h2>Timeline</h2>${timelineOf(view.hold.events, frame)}${view.eventsBefore > 0 && html`<p><a href="?timeline=all#timeline">All ${view.eventsBefore + view.hold.events.length} events, from the first</a></p>`}</section>
<p class="quiet">${!isVoter(view) && html`Hold ${view.hold.code}, `}${isVoter(view) ? 'Revision' : 'revision'} ${view.hold.revision}. This page is for ${view.person.name} alone: do not pass the link on.</p>`,
  });
}

/** Whom the page asks. The code from the mail is not on it then: who follows the link without the mail must not find it here. */
function isVoter({ viewOnly, choices }: DecisionView): boolean {
  return !viewOnly && choices.length > 0;
}

function headline({ person, hold }: DecisionView): Html {
  const name = person.name.split(' ', 1)[0];
  return hold.status === 'pending'
    ? html`${name}, ${hold.service} is <b class="amber">NOT HALTED</b> before ${hold.stage} yet.`
    : html`${name}, ${hold.service} is <b class="red">stopped</b> before ${hold.stage}.`;
}

/** For who worked around the halt: their reason goes on the record of the hold. It decides nothing. */
function whyOf({ nonce, why }: DecisionView): Html | string {
  if (why === null) return '';
  if (why.kind === 'said') return html`<p class="note plain"><b>Your reason is recorded</b> on this hold.</p>`;
  return html`<form method="post" class="decide"><input type="hidden" name="nonce" value="${nonce}"><input type="hidden" name="action" value="explain">
<label for="why">${why.what} Why? <small>It stands beside it on the record of this hold.</small></label>
<textarea id="why" name="reason" rows="2" maxlength="2000" required></textarea>
<button type="submit">Record my reason</button></form>`;
}

function onlooker({ hold }: DecisionView, frame: Frame): Html {
  return html`<p class="note plain">You need to do nothing${hold.deciding && html`: <b>${hold.deciding.who}</b> decides by ${momentOf(hold.deciding.by, frame)}`}. If nobody decides, it stays stopped. This page shows how it stands whenever you open it.</p>`;
}

function errorSummary({ errors, choices }: DecisionView): Html {
  const entries = Object.entries(errors);
  return html`<div class="note red" role="alert"><p><b>Nothing was recorded yet.</b> What you typed is kept${errors.totp === undefined ? '' : ', but the code from your authenticator'}.</p>
<ul>${entries.map(([field, text]) =>
    field === 'form'
      ? html`<li>${text}</li>`
      : html`<li><a href="#${field === 'action' ? `a-${choices[0]?.action ?? ''}` : field}">${text}</a></li>`,
  )}</ul></div>`;
}

function form(view: DecisionView, frame: Frame): Html {
  const { hold, choices, errors } = view;
  return html`<form method="post" class="decide" autocomplete="off">
<input type="hidden" name="nonce" value="${view.nonce}">
<fieldset class="choices"${errors.action === undefined ? '' : html` aria-describedby="action-error"`}>
<legend>Your choice${hold.deciding && html`, by ${momentOf(hold.deciding.by, frame)}`}</legend>
${errorOf(view, 'action')}
${choices.map((choice) => choiceOf(choice, view))}
</fieldset>
${detailsOf(view)}
<label for="reason">Why? It stays on the record.</label>
<textarea id="reason" name="reason" rows="2" maxlength="2000" required${described(view, 'reason')}>${view.typed.reason ?? ''}</textarea>
${errorOf(view, 'reason')}
<div class="pair"><div><label for="confirmation">Code from your mail <small>four characters, beside the link</small></label>
<input id="confirmation" name="confirmation" value="${view.typed.confirmation ?? ''}" maxlength="12" autocapitalize="characters" spellcheck="false" required${described(view, 'confirmation')}>
${errorOf(view, 'confirmation')}</div>
${choices.some((choice) => choice.level > 1) && totpOf(view)}</div>
<button type="submit">Record my decision</button>
<p class="quiet">If nobody decides, it stays stopped.</p>
</form>`;
}

function choiceOf(choice: Choice, { typed }: DecisionView): Html {
  const id = `a-${choice.action}`;
  return html`<div class="choice"><input type="radio" id="${id}" name="action" value="${choice.action}" required aria-describedby="${id}-then"${typed.action === choice.action ? html` checked` : ''}>
<div><label for="${id}">${choice.label}</label>
<p id="${id}-then">${choice.glance}${choice.alsoNeeds && html` <b>Also needs ${choice.alsoNeeds}.</b>`}
<span class="then">${choice.then}${choice.evidence && html` <span class="${choice.evidence.tone}">${choice.evidence.text}</span>`}</span></p></div></div>`;
}

function totpOf(view: DecisionView): Html {
  const level2 = view.choices.filter((choice) => choice.level > 1);
  return html`<div class="${forWhom(level2)}"><label for="totp">Authenticator <small>six digits${level2.length < view.choices.length && ', not for every choice'}</small></label>
<input id="totp" name="totp" inputmode="numeric" autocomplete="one-time-code" maxlength="8"${described(view, 'totp')}>
${errorOf(view, 'totp')}</div>`;
}

const fieldWords = {
  release: { label: 'Release that has the fix', hint: 'its commit, digest or execution' },
  reference: { label: 'Reference', hint: 'the ticket or change that shows the fix' },
  hours: { label: 'More hours', hint: 'on top of the deadline, 1 to 168' },
  until: { label: 'Until', hint: 'a date; the stage halts again then, unless fixed' },
  condition: { label: 'Condition', hint: 'what stays switched off or true meanwhile' },
  scope: { label: 'Scope', hint: 'this release or this vulnerability' },
  vector: { label: 'Changed CVSS vector', hint: 'CVSS:4.0/… or CVSS:3.1/…' },
  evidenceKept: { label: 'Logs and memory are kept', hint: 'a rollback destroys what the running release holds' },
  evidenceKeptBy: { label: 'Who kept them', hint: 'name' },
  fix: { label: 'Time of the fix', hint: 'such as 4h; empty leaves it as planned' },
  test: { label: 'Time of its test', hint: 'such as 2h; empty leaves it as planned' },
  workaround: { label: 'Workaround', hint: 'what is switched off so that the rest can ship' },
  owner: { label: 'Who owns the fix', hint: 'their id in the policy' },
} as const satisfies Record<DecisionField, { label: string; hint: string }>;

/** Always there; the style sheet hides what the checked choice does not need, where the browser can. */
function detailsOf(view: DecisionView): Html | string {
  const needed = decisionFields.filter((field) => view.choices.some((choice) => choice.fields.includes(field)));
  if (needed.length === 0) return '';
  return html`<fieldset class="details"><legend>Details that some choices need</legend>
${needed.map((field) => {
  const choices = view.choices.filter((choice) => choice.fields.includes(field));
  const { label, hint } = fieldWords[field];
  const words = html`<label for="${field}">${label} <small>${hint} · for: ${choices.map((choice) => choice.label).join('; ')}</small></label>`;
  return html`<div class="${forWhom(choices)}">${
    field === 'evidenceKept'
      ? html`<div class="tick">${tickOf(view, field)}${words}</div>`
      : html`${words}
${inputOf(view, field)}`
  }
${field === 'vector' && otherVectors(view)}${errorOf(view, field)}</div>`;
})}</fieldset>`;
}

function inputOf(view: DecisionView, field: DecisionField): Html {
  const value = view.typed[field] ?? view.suggested[field] ?? '';
  return html`<input id="${field}" name="${field}" value="${value}" maxlength="1000"${inputType(field)}${field === 'vector' && view.vectors.length > 0 ? html` list="vectors"` : ''}${described(view, field)}>`;
}

function tickOf(view: DecisionView, field: DecisionField): Html {
  return html`<input type="checkbox" id="${field}" name="${field}" value="${ticked}"${view.typed[field] === ticked ? html` checked` : ''}${described(view, field)}>`;
}

/** Where publishers disagree, what the others say: to choose from where the browser can, and to copy. */
function otherVectors({ vectors }: DecisionView): Html | string {
  if (vectors.length === 0) return '';
  return html`<datalist id="vectors">${vectors.map(({ vector, source }) => html`<option value="${vector}">${source}</option>`)}</datalist>
<ul class="others" aria-label="Other published vectors">${vectors.map(
    ({ vector, source, score }) => html`<li>${source} says ${score.toFixed(1)}: <code>${vector}</code></li>`,
  )}</ul>`;
}

function inputType(field: DecisionField): Html | string {
  if (field === 'hours') return html` inputmode="numeric"`;
  return field === 'until' ? html` type="date"` : '';
}

/** Classes by which the style sheet tells for which choices a field is. */
function forWhom(choices: readonly Choice[]): string {
  return ['field', ...choices.map((choice) => `for-${choice.action}`)].join(' ');
}

function described({ errors }: DecisionView, field: keyof DecisionView['errors']): Html | string {
  return errors[field] === undefined ? '' : html` aria-invalid="true" aria-describedby="${field}-error"`;
}

function errorOf({ errors }: DecisionView, field: keyof DecisionView['errors']): Html | string {
  return errors[field] === undefined ? '' : html`<p class="error" id="${field}-error">${errors[field]}</p>`;
}
