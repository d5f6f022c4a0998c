import { z } from 'zod';
import { AwsError, member, parseInput } from './aws-error.ts';
import type { WireService } from './wire.ts';

/**
 * AWS Secrets Manager's `GetSecretValue` over secrets by their name.
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
 */
export function secretsmanager(options: {
  readonly secrets: Readonly<Record<string, string>>;
  readonly account: string;
  readonly region: string;
}): WireService {
  return {
    protocol: 'json',
    target: 'secretsmanager',
    version: '1.1',
    actions: { GetSecretValue: (input) => getSecretValue(input, options) },
  };
}

function getSecretValue(input: unknown, options: Parameters<typeof secretsmanager>[0]): unknown {
  const { SecretId } = parseInput(z.object({ SecretId: member({ min: 1, max: 2048 }) }), input);
  const arnOf = (name: string) => `arn:aws:secretsmanager:${options.region}:${options.account}:secret:${name}-local0`;
  const found = Object.entries(options.secrets).find(([name]) => name === SecretId || arnOf(name) === SecretId);
  if (found === undefined)
    throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  const [name, value] = found;
  return {
    ARN: arnOf(name),
    Name: name,
    VersionId: '00000000-0000-4000-8000-000000000001',
    SecretString: value,
    VersionStages: ['AWSCURRENT'],
    CreatedDate: 1_767_225_600, // 2026-01-01
  };
}
