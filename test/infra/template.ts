import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { z } from 'zod';
import { features, stopshipStack } from '../../lib/infra/stack.ts';
import type { StopshipProps } from '../../lib/infra/stopship.ts';
import { loadPolicy } from '../../lib/policy/load.ts';

export const examplePolicyFile = resolve('policy.example.yaml');
export const examplePolicy = loadPolicy(readFileSync(examplePolicyFile, 'utf8'), 'policy.example.yaml');

/** The template of the stack, with the checks run, without bundles. Throws when a check finds what is not acknowledged. */
export function synthesised(props: Partial<StopshipProps> = {}): Template {
  const outdir = mkdtempSync(join(tmpdir(), 'stopship-synth-'));
  const app = new App({ outdir, context: { ...features, 'aws:cdk:bundling-stacks': [] } });
  const stack = stopshipStack(app, { policy: examplePolicy, policyFile: examplePolicyFile, ...props });
  app.synth();
  return Template.fromStack(stack);
}

/** One thing that one role may do. */
export type Right = {
  /** Part of the stack that the role belongs to, as in `Stage`. */
  readonly who: string;
  readonly action: string;
  /** As JSON, with the template's own references. */
  readonly resources: readonly string[];
  readonly conditions: unknown;
};

/** Everything that the roles of the template may do. Roles have no rights but those of their own policies. */
export function rightsOf(template: Template): readonly Right[] {
  return Object.entries(template.findResources('AWS::IAM::Policy')).flatMap(([id, resource]) =>
    IamPolicy.parse(resource).Properties.PolicyDocument.Statement.flatMap((statement) =>
      statement.Action.map((action) => ({
        who: id.replace(/^Stopship/, '').replace(/(Machine)?RoleDefaultPolicy\w+$/, ''),
        action,
        resources: statement.Resource.map((one) => JSON.stringify(one)),
        conditions: statement.Condition,
      })),
    ),
  );
}

const oneOrMany = <T extends z.ZodType>(schema: T) => z.union([z.array(schema), schema.transform((one) => [one])]);

const IamPolicy = z.object({
  Properties: z.object({
    PolicyDocument: z.object({
      Statement: z.array(
        z.object({
          Effect: z.literal('Allow'),
          Action: oneOrMany(z.string()),
          Resource: oneOrMany(z.unknown()),
          Condition: z.unknown().optional(),
        }),
      ),
    }),
  }),
});
