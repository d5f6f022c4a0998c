/** Account and Region of the crashed runtime. */
export const account = '123456789012';
export const region = 'eu-west-1';

/** Services, each with a pipeline of its name and a protected stage Production. */
export const services = ['cart', 'search', 'login'] as const;
export type Service = (typeof services)[number];

/** People who vote. */
export const voters = ['ana', 'rui'] as const;

/** The policy as a file. JSON is YAML. */
export const policyText = JSON.stringify({
  version: 1,
  security: ['ana'],
  clock: { remind: '1h', escalate: [['rui']], every: '4h', deadline: '8h' },
  services: services.map((name) => ({
    name,
    pipeline: { account, region, name, stage: 'Production' },
    author: { action: 'Build', variable: 'AUTHOR_EMAIL' },
    digest: { action: 'Build', variable: 'IMAGE_DIGEST' },
    resources: [`arn:aws:ecr:${region}:${account}:repository/${name}*`],
    exposure: 'internet',
    dataClass: 'restricted',
    criticality: 'essential',
    stakeholders: { security: ['ana'], 'release-manager': ['rui'] },
  })),
  rules: [
    { then: 'halt', because: 'critical', when: { scoreAtLeast: 9 } },
    { then: 'watch', because: 'high', when: { scoreAtLeast: 7 } },
  ],
  people: voters.map((id) => ({ id, name: `${id} Test`, email: `${id}@example.com` })),
});
