import type { Command } from 'commander';
import { instantOf } from '../../lib/finding/instant.ts';
import { explainPolicy } from '../../lib/policy/explain.ts';
import { loadPolicy, PolicyError, policyWarnings, problemInWords } from '../../lib/policy/load.ts';
import { policySchema } from '../../lib/policy/schema.ts';
import { readNeeded } from '../command-line/input.ts';
import { readPolicy } from '../command-line/place.ts';
import { paint, say, sayJson, tell, visible, wrapped } from '../command-line/terminal.ts';

/** `stopship policy`: what a policy file says. */
export function addPolicy(program: Command): void {
  const policy = program.command('policy').description('check, explain or describe a policy file');
  policy
    .command('check')
    .description('say every mistake of a policy with its place, and warn of waivers that have ended')
    .argument('<file>', 'the policy')
    .option('--json', 'one mistake a line (NDJSON)')
    .addHelpText(
      'after',
      '\nExits 1 when there is a mistake; a warning is none.\n\nExample:\n  $ stopship policy check policy.yaml',
    )
    .action(check);
  policy
    .command('explain')
    .description('say in sentences what a policy does')
    .argument('<file>', 'the policy')
    .addHelpText('after', '\nExample:\n  $ stopship policy explain policy.yaml')
    .action(explain);
  policy
    .command('schema')
    .description('print the JSON Schema of policy files, for editors')
    .argument('[file]', 'not needed: the schema is the same for all')
    .addHelpText('after', '\nExample:\n  $ stopship policy schema > policy.schema.json')
    .action(() => say(JSON.stringify(policySchema(), null, 2)));
  policy.addHelpText('after', '\nExample:\n  $ stopship policy check policy.yaml');
}

async function check(file: string, { json }: { readonly json?: boolean }): Promise<void> {
  try {
    const text = await readNeeded(file);
    const { services, people, rules, hash } = loadPolicy(text, file);
    for (const warning of policyWarnings(text, instantOf(Date.now()))) {
      if (json === true) sayJson({ file, ...warning, level: 'warning' });
      tell(`${paint('yellow', 'warning')}  ${visible(problemInWords(file, warning))}`);
    }
    if (json === true) return;
    const counts = [
      counted(services.length, 'service'),
      counted(rules.length, 'rule'),
      counted(people.length, 'person', 'people'),
    ];
    say(`${paint('green', 'ok')}  ${visible(file)}: ${counts.join(', ')}; hash ${hash.slice(0, 12)}`);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    process.exitCode = 1;
    for (const problem of error.problems) {
      if (json === true) sayJson({ file, ...problem, level: 'mistake' });
      tell(visible(problemInWords(file, problem)));
    }
  }
}

async function explain(file: string): Promise<void> {
  for (const sentence of explainPolicy(await readPolicy(file))) {
    for (const line of wrapped(visible(sentence), '  ')) say(line);
  }
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
