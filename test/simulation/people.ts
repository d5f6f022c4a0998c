import { TOTP } from 'otpauth';
import type { Ports } from '../../lib/aws/ports.ts';
import type { Message } from '../../lib/brief/notifier.ts';
import { Ballot } from '../../lib/decision/ballot.ts';
import { openLink, voteByLink, voteSignedIn } from '../../lib/decision/decide.ts';
import { type OfferedAction, offeredActions } from '../../lib/decision/rules.ts';
import { later, msOf } from '../../lib/finding/instant.ts';
import type { Hold } from '../../lib/hold/hold.ts';
import { openHolds } from '../../lib/hold/ledger.ts';
import type { Item } from '../../lib/hold/table.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';
import { voters } from './world-policy.ts';

/** The people of the simulation: what came into their mailboxes, and how they decide. */
export type People = {
  /** A mail arrives. */
  receive(message: Message): void;
  /** Somebody opens a link of theirs, thinks, and votes. */
  voteByLink(dice: Random): void;
  /** Somebody votes as a signed-in person. */
  voteSignedIn(dice: Random): Promise<void>;
  /** People who agree on a decision all vote for it, at once. */
  decide(dice: Random): Promise<void>;
};

type Mail = { readonly personId: string; readonly token: string; readonly holdId: string };

const linkShape = /\/d\/(ss1\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)/;
const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

/** How long somebody reads a page before they decide, at most, in milliseconds. */
const readingMax = 20_000;

/** Every person's authenticator, as the ledger keeps it. */
export function enrolled(): readonly Item[] {
  return Object.keys(voters).map((id) => ({
    pk: `PERSON#${id}`,
    sk: 'FACTOR',
    secret,
    lastStep: 0,
    failures: 0,
    failedAt: null,
  }));
}

/** People with empty mailboxes. */
export function peopleOf(worldNow: () => World): People {
  const mails: Mail[] = [];
  let readers = 0;

  /** A page that a person asked for; what fails there they see, and it is no failure of stopship. */
  function page<T>(name: string, act: (ports: Ports) => Promise<T>): Promise<T | null> {
    const world = worldNow();
    return world.call(name, act).catch((error: unknown) => {
      world.expected(name, error);
      return null;
    });
  }

  async function readAndVote(mail: Mail, dice: Random, wait: (ms: number) => Promise<void>): Promise<void> {
    const { log, invariants, scheduler } = worldNow();
    const opened = await page('page', (ports) => openLink(ports, mail.token));
    if (opened?.status !== 'live') return log.reach(`link ${opened?.status === 'dead' ? opened.why : 'not opened'}`);
    const { link, seat, nonce } = opened;
    if (seat.choices.length === 0) return log.reach('link only shows');
    const action = chosen(
      seat.choices.map((choice) => choice.action),
      dice,
    );
    await wait(dice.below(readingMax));
    const totp = dice.is(0.05) ? '000000' : codeAt(msOf(scheduler.now()));
    const ballot = { ...ballotOf(worldNow(), action, dice), confirmation: seat.hold.code, totp, nonce };
    invariants.voted({ ...mail, action: action, revision: link.revision, token: mail.token });
    log.say(mail.personId, `votes ${action} on ${mail.holdId} at revision ${link.revision}`);
    // Some press the button twice.
    for (let times = dice.is(0.3) ? 2 : 1; times > 0; times -= 1) {
      const voted = page('decide', (ports) => voteByLink(ports, mail.token, ballot));
      if (times === 1) log.reach(`vote ${(await voted)?.status ?? 'without an answer'}`);
      else log.reach('one link used twice at once');
    }
  }

  async function openHold(dice: Random): Promise<Hold | null> {
    const holds = await openHolds(worldNow().ledger.mirror);
    return holds.length === 0 ? null : dice.pick(holds);
  }

  function signedIn({ id, stage }: Hold, personId: string, action: OfferedAction, dice: Random): void {
    const world = worldNow();
    const release = world.pipelines.stage(stage).waiting?.id ?? 'release-none';
    const ballot = { ...ballotOf(world, action, dice), release };
    world.invariants.voted({ personId, holdId: id, action, revision: null, token: null });
    world.log.say(personId, `signed in, votes ${action} on ${id}`);
    page('decide', (ports) => voteSignedIn(ports, id, personId, ballot)).then((voted) =>
      world.log.reach(`vote ${voted?.status ?? 'without an answer'}`),
    );
  }

  return {
    receive({ personId, holdId, email }) {
      const token = linkShape.exec(email)?.[1];
      if (token !== undefined && holdId !== null) mails.push({ personId, token, holdId });
    },
    voteByLink(dice) {
      if (mails.length === 0) return;
      // Mostly a recent one, sometimes an old one.
      const mail = dice.pick(dice.is(0.8) ? mails.slice(-8) : mails);
      const { scheduler } = worldNow();
      readers += 1;
      const who = { name: `${mail.personId}-${readers}`, role: 'person' };
      scheduler
        .run(who, Number.POSITIVE_INFINITY, (process) => readAndVote(mail, dice, (ms) => scheduler.wait(process, ms)))
        .catch((error: unknown) => worldNow().expected(mail.personId, error));
    },
    async voteSignedIn(dice) {
      const hold = await openHold(dice);
      if (hold !== null) signedIn(hold, dice.pick(Object.keys(voters)), chosen(offeredActions, dice), dice);
    },
    async decide(dice) {
      const hold = await openHold(dice);
      const [action, together] = dice.pick(agreementsOn(hold, dice));
      // People wait until they see what they decide on.
      if (hold === null || hold.release === null || hold.status !== 'in-force') return;
      if (together.length > 1) worldNow().log.reach('two votes at once');
      for (const personId of together) signedIn(hold, personId, action, dice);
    },
  };
}

/** What somebody writes on the page: every field, since those that an action does not need are ignored. */
function ballotOf({ pipelines, scheduler }: World, action: string, dice: Random): Ballot {
  const waiting = dice.pick(pipelines.stages).waiting?.id ?? 'release-none';
  return Ballot.parse({
    action,
    reason: 'because',
    release: waiting,
    reference: 'CHG-1',
    hours: '2',
    condition: 'switched off',
    scope: 'this release',
    until: later(scheduler.now(), 86_400_000 * (1 + dice.below(3))).slice(0, 10),
    vector: dice.pick(vectors),
    evidenceKept: 'yes',
    evidenceKeptBy: 'ana, in the archive',
    fix: '4h',
    owner: 'dee',
  });
}

/** A mild one, under which the policy no longer halts, and one as bad as it gets. */
const vectors = [
  'CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N',
  'CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N',
  'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H',
];

/** Decisions with people who can take them, also where nobody knows who wrote the release. */
const agreements: readonly (readonly [OfferedAction, readonly string[]])[] = [
  ['remediation-approved', ['rui', 'ana']],
  ['remediation-approved', ['sam', 'ana']],
  ['workaround-accepted', ['rui', 'ana', 'sam']],
  ['risk-accepted', ['ola', 'rui', 'ana']],
  ['risk-accepted', ['ola', 'ana', 'sam']],
  ['roll-back', ['rui']],
  ['dispute', ['dee']],
];

const disputed: typeof agreements = [
  ['dispute-confirmed', ['sam']],
  ['dispute-refused', ['ana']],
];

/** What can be agreed on; where the page says what the stage can go back to, that is often chosen. */
function agreementsOn(hold: Hold | null, dice: Random): typeof agreements {
  if (hold?.dispute?.state === 'open') return disputed;
  return hold?.wayBack?.to && dice.is(0.8) ? goingBack : agreements;
}

const goingBack: typeof agreements = [['roll-back', ['rui']]];

/** Mostly what lets a release go, or hardly any hold would close. */
function chosen(actions: readonly OfferedAction[], dice: Random): OfferedAction {
  const letting = actions.filter((action) => lettingGo.includes(action));
  return dice.pick(letting.length > 0 && dice.is(0.7) ? letting : actions);
}

const lettingGo: readonly OfferedAction[] = [
  'remediation-approved',
  'workaround-accepted',
  'risk-accepted',
  'roll-back',
  'dispute-confirmed',
];

function codeAt(timestamp: number): string {
  return TOTP.generate({ secret: totpSecret, timestamp, digits: 6, period: 30 });
}

const totpSecret = new TOTP({ secret }).secret;
