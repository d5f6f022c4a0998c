import { html } from 'hono/html';
import { msOf } from '../../finding/instant.ts';
import { type Html, pageOf } from '../layout.ts';
import { lengthOf, timeOf } from '../time.ts';
import type { Frame, MailboxView, MessageView } from '../views.ts';
import { rolesInWords } from './roles.ts';

/** What each person was sent, as their mail program or phone would show it. */
export function mailboxPage(view: MailboxView, frame: Frame): Html {
  return pageOf({
    title: view.person === null ? 'Mailbox' : `Mailbox of ${view.person.name}`,
    place: 'mailbox',
    live: true,
    main: html`<h1>Mailbox</h1>
${view.people.length === 0 ? noPeople() : html`<div class="mailbox">${peopleOf(view)}<div>${view.person === null ? nobodyChosen() : messagesOf(view.person, frame)}</div></div>`}`,
  });
}

function noPeople(): Html {
  return html`<section class="card empty"><h2>Nobody to write to yet</h2><p>The people of the policy appear here, each with what they were sent. Name them under <code>people:</code> in the policy file.</p></section>`;
}

function peopleOf({ people, person }: MailboxView): Html {
  return html`<nav aria-label="People"><ul class="people">${people.map(
    ({ id, name, roles, unread }) =>
      html`<li><a href="/mailbox?person=${encodeURIComponent(id)}"${id === person?.id ? html` aria-current="true"` : ''}><span><b>${name}</b><br><small>${rolesInWords(roles)}</small></span>${unread > 0 && html`<span class="count">${unread}<span class="unseen"> unread</span></span>`}</a></li>`,
  )}</ul></nav>`;
}

function nobodyChosen(): Html {
  return html`<p class="quiet">Choose a person to read what they were sent.</p>`;
}

function messagesOf(person: NonNullable<MailboxView['person']>, frame: Frame): Html {
  return html`<h2 class="unseen">Messages to ${person.name}</h2>
${person.totp && html`<p class="totp">Authenticator of ${person.name} <code>${person.totp.code}</code> <small>for ${lengthOf(Math.max(0, msOf(person.totp.until) - msOf(frame.now)))} more · demo only</small></p>`}
${
  person.messages.length === 0
    ? html`<section class="card empty"><h3>Nothing yet</h3><p>When a release is held, ${person.name} is written to here. Start one with <code>stopship send FILE</code> or <code>stopship halt SERVICE</code>.</p></section>`
    : person.messages.map((message) => (message.channel === 'email' ? mailOf(message, frame) : textOf(message, frame)))
}`;
}

function mailOf(message: MessageView, frame: Frame): Html {
  return html`<article class="card mail"><header><h3>${message.subject}</h3>
<p class="quiet">To ${message.to} · ${timeOf(message.at, frame)}</p></header>
<div class="body">${linked(message.body, frame)}</div></article>`;
}

function textOf(message: MessageView, frame: Frame): Html {
  return html`<article class="text" aria-label="Text message"><p class="bubble">${linked(message.body, frame)}</p>
<p class="quiet">SMS to ${message.to} · ${timeOf(message.at, frame)}</p></article>`;
}

/** The text with addresses under our own one as links; everything else stays text. */
function linked(text: string, { publicUrl }: Frame): readonly (Html | string)[] {
  return text.split(/(https?:\/\/[^\s<>"')]+)/).map((piece) => {
    const address = piece.replace(/[.,;:!?]+$/, '');
    return address.startsWith(`${publicUrl}/`)
      ? html`<a href="${address}">${address}</a>${piece.slice(address.length)}`
      : piece;
  });
}
