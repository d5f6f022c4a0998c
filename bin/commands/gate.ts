import type { Command } from 'commander';
import { gate } from '../../lib/hold/gate.ts';
import { addPlaceOptions, openPlace, type PlaceOptions, serviceNamed } from '../command-line/place.ts';
import { paint, say, sayJson } from '../command-line/terminal.ts';

type Options = PlaceOptions & { readonly execution?: string; readonly json?: boolean };

/** `stopship gate`: may a release go on? For CI systems other than CodePipeline. */
export function addGate(program: Command): void {
  addPlaceOptions(
    program
      .command('gate')
      .description('ask whether a release of a service may go on')
      .argument('<service>', 'the service'),
  )
    .option('--execution <id>', 'the release, where one may have leave by name')
    .option('--json', 'the answer as one record')
    .addHelpText(
      'after',
      `
Exits 0 when free and 3 when held. Every other exit code means unknown: treat it as held.

Example:
  $ stopship gate checkout --table stopship-ledger --policy policy.yaml && ./deploy`,
    )
    .action(ask);
}

async function ask(name: string, options: Options): Promise<void> {
  // Until the ledger has answered, however this ends, it does not end as free.
  process.exitCode = 1;
  const { table, policy } = await openPlace(options);
  const service = serviceNamed(policy, name);
  const answer = await gate(table, service.pipeline, options.execution ?? null);
  if (options.json === true) sayJson({ service: name, ...answer });
  else if (answer.allowed) say(`${paint('green', 'free')}: ${name} may go on.`);
  else
    say(
      `${paint(['red', 'bold'], 'HELD')}: ${answer.why}${answer.holds.length === 0 ? '' : ` (${answer.holds.join(', ')})`}.`,
    );
  process.exitCode = answer.allowed ? 0 : 3;
}
