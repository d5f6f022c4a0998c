import type { Hono } from 'hono';
import { newLink } from '../../lib/decision/link.ts';
import type { Vault } from '../../lib/decision/vault.ts';
import { type DecisionForm, decisionApp } from '../../lib/web/decision-app.ts';
import { decisionSteps } from '../../lib/web/show/decision-deps.ts';
import { aWorld, type World } from '../builders.ts';
import { heldBefore } from '../web/show/held-world.ts';

/** The decision pages over a held release, as an attacker meets them: by HTTP. */
export type Site = {
  readonly world: World;
  readonly app: Hono;
  readonly holdId: string;
  /** Times the vault compared a code. */
  readonly costs: { comparisons: number };
  get(token: string): Promise<Response>;
  /** Posts as our own page does; `headers` replaces what a browser would say of it. */
  post(token: string, body: string, headers?: Record<string, string>): Promise<Response>;
  /** What the person's page would send with everything right but `over`. */
  form(personId: string, token: string, over: DecisionForm): Promise<string>;
  /** A fresh link that decides, besides those that were mailed. */
  link(personId: string): Promise<string>;
  /** All that a decision could change, as one text: the same before and after means that nothing was decided. */
  facts(): string;
};

/** What a browser says of a form that our own page sent. */
export const ownForm = {
  'content-type': 'application/x-www-form-urlencoded',
  'sec-fetch-site': 'same-origin',
} as const;

/** A world with one hold in force, everybody told, and its pages. */
export async function aSite(over: Parameters<typeof aWorld>[0] = {}, author = 'dee@example.com'): Promise<Site> {
  const world = await aWorld(over);
  const holdId = await heldBefore(world, author);
  const costs = { comparisons: 0 };
  const ports = { ...world.ports, vault: counted(world.ports.vault, costs) };
  const app = decisionApp({
    ...decisionSteps(ports),
    assets: { css: '' },
    publicUrl: world.ports.publicAddress,
    zone: 'Europe/Lisbon',
    now: world.clock.now,
    report: (error) => {
      throw error;
    },
  });
  const site: Site = {
    world,
    app,
    holdId,
    costs,
    get: async (token) => await app.request(addressOf(token)),
    post: async (token, body, headers = ownForm) =>
      await app.request(addressOf(token), { method: 'POST', body, headers }),
    async form(personId, token, changes) {
      const page = await (await site.get(token)).text();
      const hold = await world.hold(holdId);
      return new URLSearchParams({
        reason: 'looked at it',
        confirmation: hold.code,
        totp: world.totp(personId),
        nonce: /name="nonce" value="([^"]+)"/.exec(page)?.[1] ?? '',
        ...changes,
      }).toString();
    },
    async link(personId) {
      const { token, write } = await newLink(world.ports, await world.hold(holdId), personId, 'decide');
      await world.ports.table.transact([write]);
      return token;
    },
    facts: () => JSON.stringify(world.table.dump().filter(({ pk }) => /^(HOLD|STAGE|WAIVER|LINK|PERSON)#/.test(pk))),
  };
  return site;
}

function addressOf(token: string): string {
  return `/d/${encodeURIComponent(token)}`;
}

function counted(vault: Vault, costs: Site['costs']): Vault {
  return {
    ...vault,
    async isMac(text, keyId, mac) {
      costs.comparisons += 1;
      return await vault.isMac(text, keyId, mac);
    },
  };
}
