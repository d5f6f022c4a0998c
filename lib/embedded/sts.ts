import type { PrincipalOf } from './codepipeline-call.ts';
import type { WireService } from './wire.ts';

/** AWS STS's `GetCallerIdentity`: whom the other services take the caller for. */
export function sts(account: string, principalOf: PrincipalOf = () => undefined): WireService {
  return {
    protocol: 'query',
    apiVersion: '2011-06-15',
    namespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
    unsigned: [],
    actions: {
      GetCallerIdentity: (_, { accessKeyId }) => ({
        Arn: principalOf(accessKeyId) ?? `arn:aws:iam::${account}:user/${accessKeyId}`,
        UserId: accessKeyId,
        Account: account,
      }),
    },
  };
}
