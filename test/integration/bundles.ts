import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable, Writable } from 'node:stream';
import { App } from 'aws-cdk-lib';
import { z } from 'zod';
import { features, stopshipStack } from '../../lib/infra/stack.ts';
import { loadPolicy } from '../../lib/policy/load.ts';

const Template = z.object({
  Resources: z.record(
    z.string(),
    z.object({
      Type: z.string(),
      Properties: z.record(z.string(), z.unknown()).default({}),
    }),
  ),
});
const FunctionProperties = z.object({
  Code: z.object({ S3Key: z.string() }),
  Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }),
});

/** One function as the template describes it. */
export type BundledFunction = {
  readonly logicalId: string;
  /** Such as `Intake`. */
  readonly name: string;
  readonly directory: string;
  /** The environment, with the template's own references. */
  readonly environment: { readonly [name: string]: unknown };
};

/** The synthesised app: what would be deployed. */
export type Synthesised = { readonly functions: readonly BundledFunction[]; readonly definition: unknown };

/** Synthesises the app with its bundles into a directory of its own. */
export function synthesise(policyFile: string, publicAddress: string): Synthesised {
  const outdir = mkdtempSync(join(tmpdir(), 'stopship-bundles-'));
  const file = resolve(policyFile);
  const app = new App({ outdir, context: features });
  stopshipStack(app, { policy: loadPolicy(readFileSync(file, 'utf8'), file), policyFile: file, publicAddress });
  app.synth();
  const { Resources } = Template.parse(JSON.parse(readFileSync(join(outdir, 'Stopship.template.json'), 'utf8')));
  const all = Object.entries(Resources);
  const functions = all.flatMap(([logicalId, { Type, Properties }]) => {
    const name = /^Stopship(\w+)Function[0-9A-F]{8}$/.exec(logicalId)?.[1];
    if (Type !== 'AWS::Lambda::Function' || name === undefined) return [];
    const { Code, Environment } = FunctionProperties.parse(Properties);
    const directory = join(outdir, `asset.${Code.S3Key.replace('.zip', '')}`);
    return [{ logicalId, name, directory, environment: Environment.Variables }];
  });
  const machine = all.find(([, { Type }]) => Type === 'AWS::StepFunctions::StateMachine')?.[1];
  return { functions, definition: machine?.Properties.DefinitionString };
}

const Reference = z.union([
  z.object({ Ref: z.string() }),
  z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) }),
  z.object({ 'Fn::Join': z.tuple([z.string(), z.array(z.unknown())]) }),
]);

/** What CloudFormation makes of a value, where `named` knows what the references are here. */
export function resolved(value: unknown, named: (logicalId: string) => string): string {
  if (typeof value === 'string') return value;
  const reference = Reference.parse(value);
  if ('Ref' in reference) return pseudo[reference.Ref] ?? named(reference.Ref);
  if ('Fn::GetAtt' in reference) return named(reference['Fn::GetAtt'][0]);
  const [separator, parts] = reference['Fn::Join'];
  return parts.map((part) => resolved(part, named)).join(separator);
}

const pseudo: { readonly [name: string]: string } = {
  'AWS::Region': 'eu-central-1',
  'AWS::AccountId': '123456789012',
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
};

const Answer = z.discriminatedUnion('ok', [
  z.object({ id: z.number(), ok: z.literal(true), result: z.unknown() }),
  z.object({ id: z.number(), ok: z.literal(false), name: z.string(), message: z.string() }),
]);

/** A bundle loaded in a process of its own. */
export class LambdaProcess {
  readonly #child: ChildProcess;
  readonly #events: Writable;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #calls = 0;

  constructor(directory: string, environment: { readonly [name: string]: string }) {
    const host = new URL('./lambda-host.mjs', import.meta.url).pathname;
    this.#child = spawn(process.execPath, [host, directory], {
      stdio: ['pipe', 'inherit', 'inherit', 'pipe'],
      // Nothing of this process but where its programs are: what a function needs, the template gives it.
      env: { PATH: process.env.PATH, ...environment },
    });
    this.#child.on('exit', (code) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`the function in ${directory} ended with ${code}`));
    });
    const [events, , , answers] = this.#child.stdio;
    if (!(events instanceof Writable && answers instanceof Readable)) throw new Error('the process has no channels');
    this.#events = events;
    createInterface({ input: answers }).on('line', (line) => this.#take(line));
  }

  async invoke(event: unknown): Promise<unknown> {
    this.#calls += 1;
    const id = this.#calls;
    const answer = new Promise<unknown>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#events.write(`${JSON.stringify({ id, event })}\n`);
    return await answer;
  }

  /** How often it was called. */
  get calls(): number {
    return this.#calls;
  }

  stop(): void {
    this.#child.kill();
  }

  #take(line: string): void {
    const answer = Answer.parse(JSON.parse(line));
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.ok) waiting?.resolve(answer.result);
    else waiting?.reject(Object.assign(new Error(answer.message), { name: answer.name }));
  }
}
