import { Inspector2Client } from '@aws-sdk/client-inspector2';
import { SecurityHubClient } from '@aws-sdk/client-securityhub';
import { afterEach, expect, test } from 'vitest';
import { findingSource } from '../../lib/aws/finding-source.ts';
import { FindingsStore } from '../../lib/embedded/findings-store.ts';
import { inspector2 } from '../../lib/embedded/inspector2.ts';
import { openStore } from '../../lib/embedded/store.ts';
import { endpointOf } from '../embedded/endpoint.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const other = `sha256:${'b'.repeat(64)}`;
const imageOf = (repository: string, of = digest) =>
  `arn:aws:ecr:eu-west-1:123456789012:repository/${repository}/${of}`;

const closings: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0)) await close();
});

test('the scan of an image is asked for by its ARN, in the repository of the finding', async () => {
  const { source, asked } = await scanned(imageOf('checkout'), imageOf('search', other));

  expect(await source.coverage(digest, [imageOf('checkout', other)])).toMatchObject({ status: 'scanned' });
  expect(asked).toEqual([{ resourceId: [{ comparison: 'EQUALS', value: imageOf('checkout') }] }]);
});

test('an image that is in another repository, or of which none is known, is looked for among images alone', async () => {
  const { source, asked } = await scanned(imageOf('search'), 'arn:aws:ec2:eu-west-1:123456789012:instance/i-0abc');
  const images = { resourceType: [{ comparison: 'EQUALS', value: 'AWS_ECR_CONTAINER_IMAGE' }] };

  expect(await source.coverage(digest, [imageOf('checkout', other)])).toMatchObject({ status: 'scanned' });
  expect(await source.coverage(digest, ['arn:aws:lambda:eu-west-1:123456789012:function:f', null])).toMatchObject({
    status: 'scanned',
  });
  expect(await source.coverage(other)).toEqual({ status: 'gone' });
  expect(asked.slice(1)).toEqual([images, images, images]);
});

/** Inspector, which scanned these resources, and the filters that it is asked with. */
async function scanned(...ids: readonly string[]) {
  const store = openStore(null);
  const findings = new FindingsStore({ store });
  for (const id of ids) findings.say({ id, exists: true, scanned: true });
  const { wire, config } = await endpointOf(inspector2(findings));
  closings.push(async () => {
    await wire.close();
    store.close();
  });
  const inspector = new Inspector2Client(config);
  const asked: unknown[] = [];
  inspector.middlewareStack.add(
    (next) => async (args) => {
      asked.push(Object(args.input).filterCriteria);
      return await next(args);
    },
    { step: 'initialize' },
  );
  return {
    asked,
    source: findingSource(
      async () => inspector,
      async () => new SecurityHubClient(config),
    ),
  };
}
