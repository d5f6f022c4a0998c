/** From where a service can be reached. */
export const exposures = ['internet', 'internal', 'isolated'] as const;

/**
 * What somebody must have passed before they reach the service at all: a proxy that knows people, a private network with
 * accounts. The service's own login is no such thing, since a flaw in it comes before it.
 */
export const authentications = ['none', 'user', 'administrator'] as const;

/** Classes of the data that a service holds, mildest first. */
export const dataClasses = ['public', 'internal', 'confidential', 'restricted'] as const;

/** What a service is worth to its owners, least first. */
export const criticalities = ['low', 'medium', 'high', 'essential'] as const;

/** How vectors that disagree are settled: the worst counts, or the one that the scanner itself settled on. */
export const conflictRules = ['worst', 'source'] as const;

/**
 * What is made of exploits that nobody has seen: `worst` takes one as possible, so that a score never falls for want of news;
 * `reported` scores what is reported, as CVSS does with its threat metric.
 */
export const exploitMaturities = ['worst', 'reported'] as const;

/** What the policy says of the service in which a finding is assessed. These facts never come from a finding. */
export type Setting = {
  readonly exposure: (typeof exposures)[number];
  readonly authentication: (typeof authentications)[number];
  readonly dataClass: (typeof dataClasses)[number];
  readonly criticality: (typeof criticalities)[number];
  readonly onConflict: (typeof conflictRules)[number];
  readonly exploitMaturity: (typeof exploitMaturities)[number];
};
