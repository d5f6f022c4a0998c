import { closest, distance } from 'fastest-levenshtein';
import type { Person, Policy, Service } from './policy.ts';

/** A step into a policy: the name of a key, or the position in a list. */
export type Path = readonly (string | number)[];

/** Something that the schema cannot see: two entries that contradict each other, or a name that nobody has. */
export type Mistake = { readonly path: Path; readonly message: string; readonly suggestion: string | null };

/** What is wrong between the entries of a policy whose every entry is well formed by itself. */
export function contradictionsIn(policy: Policy): readonly Mistake[] {
  return [
    ...repeated(
      policy.services.map(({ name }, at) => [name, ['services', at, 'name']]),
      'a second service is named',
    ),
    ...repeated(
      policy.people.map(({ id }, at) => [id, ['people', at, 'id']]),
      'a second person has the id',
    ),
    // One human under two ids could take two seats of a quorum, or let their own release go.
    ...repeated(policy.people.flatMap(ownAddresses), 'a second person has the address'),
    ...repeated(policy.people.flatMap(ownNumber), 'a second person has the number'),
    ...repeated(policy.services.map(stageOf), 'another service already claims the stage'),
    ...namesOfPeople(policy).flatMap((name) => problemsWithName(policy, name)),
    ...namesOfServices(policy).flatMap((name) => problemsWithService(policy, name)),
    ...quietHours(policy).flatMap(problemsWithZone),
  ];
}

/** The word that was probably meant, or null when none is near. */
export function nearest(word: string, words: readonly string[]): string | null {
  if (words.length === 0 || word === '') return null;
  const near = closest(
    word.toLowerCase(),
    words.map((one) => one.toLowerCase()),
  );
  const found = words.find((one) => one.toLowerCase() === near) ?? null;
  return found !== null && distance(word.toLowerCase(), near) <= Math.max(2, Math.floor(found.length / 3))
    ? found
    : null;
}

type Placed = readonly [text: string, path: Path];

function repeated(all: readonly Placed[], message: string): readonly Mistake[] {
  const seen = new Set<string>();
  return all.flatMap(([text, path]) => {
    if (!seen.has(text)) {
      seen.add(text);
      return [];
    }
    return [{ path, message: `${message} ${JSON.stringify(text)}`, suggestion: null }];
  });
}

/** Where mail reaches a person and what git calls them, each once. */
function ownAddresses({ email, git }: Person, at: number): readonly Placed[] {
  const mail: readonly Placed[] = email === undefined ? [] : [[email.toLowerCase(), ['people', at, 'email']]];
  const commits = git.map((name, n): Placed => [name.toLowerCase(), ['people', at, 'git', n]]);
  const all = [...mail, ...commits];
  return all.filter(([text], n) => all.findIndex(([other]) => other === text) === n);
}

function ownNumber({ sms }: Person, at: number): readonly Placed[] {
  return sms === undefined ? [] : [[sms, ['people', at, 'sms']]];
}

function stageOf({ pipeline: { account, region, name, stage } }: Service, at: number): Placed {
  return [`${account}/${region}/${name}/${stage}`, ['services', at, 'pipeline', 'stage']];
}

type PersonNamed = { readonly id: string; readonly path: Path; readonly isTold: boolean };

function namesOfPeople(policy: Policy): readonly PersonNamed[] {
  return [
    ...named(policy.security, ['security'], true),
    ...levels(policy.clock.escalate, ['clock']),
    ...policy.services.flatMap((service, at) => [
      ...Object.entries(service.stakeholders).flatMap(([role, ids]) =>
        named(ids, ['services', at, 'stakeholders', role], true),
      ),
      ...levels(service.clock?.escalate ?? [], ['services', at, 'clock']),
      ...(service.plan?.owner === undefined
        ? []
        : [{ id: service.plan.owner, path: ['services', at, 'plan', 'owner'], isTold: false }]),
    ]),
    ...policy.waivers.flatMap((waiver, at) => named(waiver.by, ['waivers', at, 'by'], false)),
  ];
}

function levels(escalate: readonly (readonly string[])[], path: Path): readonly PersonNamed[] {
  return escalate.flatMap((ids, level) => named(ids, [...path, 'escalate', level], true));
}

function named(ids: readonly string[], path: Path, isTold: boolean): readonly PersonNamed[] {
  return ids.map((id, at) => ({ id, path: [...path, at], isTold }));
}

function problemsWithName(policy: Policy, { id, path, isTold }: PersonNamed): readonly Mistake[] {
  const person = policy.people.find((one) => one.id === id);
  if (!person) {
    const ids = policy.people.map((one) => one.id);
    return [{ path, message: `nobody under "people" has the id ${JSON.stringify(id)}`, suggestion: nearest(id, ids) }];
  }
  if (!isTold || person.email !== undefined) return [];
  const message = `${JSON.stringify(id)} is to be told here, but has no address: give that person an "email"`;
  return [{ path, message, suggestion: null }];
}

function namesOfServices(policy: Policy): readonly Placed[] {
  return [
    ...policy.rules.flatMap(({ when: { service } }, at): readonly Placed[] =>
      service === undefined ? [] : [[service, ['rules', at, 'when', 'service']]],
    ),
    ...policy.waivers.map(({ service }, at): Placed => [service, ['waivers', at, 'service']]),
  ];
}

function problemsWithService(policy: Policy, [name, path]: Placed): readonly Mistake[] {
  const names = policy.services.map((service) => service.name);
  if (names.includes(name)) return [];
  return [{ path, message: `no service is named ${JSON.stringify(name)}`, suggestion: nearest(name, names) }];
}

function quietHours(policy: Policy): readonly Placed[] {
  const ofServices = policy.services.map(
    ({ clock }, at) => [clock?.quiet, ['services', at, 'clock', 'quiet']] as const,
  );
  return [[policy.clock.quiet, ['clock', 'quiet']] as const, ...ofServices].flatMap(
    ([quiet, path]): readonly Placed[] => (quiet === undefined ? [] : [[quiet, path]]),
  );
}

function problemsWithZone([quiet, path]: Placed): readonly Mistake[] {
  const zone = quiet.split(' ')[1] ?? '';
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return [];
  } catch (error) {
    // What Intl throws for a time zone that it does not know.
    if (!(error instanceof RangeError)) throw error;
    return [{ path, message: `no time zone is named ${JSON.stringify(zone)}`, suggestion: null }];
  }
}
