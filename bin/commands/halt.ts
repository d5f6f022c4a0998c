import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { instantOf } from '../../lib/finding/instant.ts';
import { Order, orderedDetailType, orderedSource } from '../../lib/finding/ordered.ts';
import { scoreVector } from '../../lib/risk/cvss.ts';
import { Failure, UsageError } from '../command-line/failure.ts';
import { defaultDataDir, openRuntime, personNamed, postEvents, serviceNamed } from '../command-line/place.ts';
import { takingsIn } from '../command-line/takings.ts';
import { paint, say, sayJson } from '../command-line/terminal.ts';

type Options = {
  readonly title: string;
  readonly vector: string;
  readonly reason: string;
  readonly cve?: string;
  readonly by?: string;
  readonly believed?: string;
  readonly data?: string;
  readonly json?: boolean;
};

/** `stopship halt`: a person stops the line. */
export function addHalt(program: Command): void {
  program
    .command('halt')
    .description('stop the line yourself, for a flaw that no scanner saw')
    .argument('<service>', 'the service whose release is to stop')
    .requiredOption('--title <text>', 'what is wrong, in a few words')
    .requiredOption('--vector <vector>', 'its CVSS vector as you see it')
    .requiredOption('--reason <text>', 'why you stop the line')
    .option('--cve <id>', 'its public id, if it has one')
    .option('--by <id>', 'who you are in the policy (default: your name on this machine)')
    .option('--believed <vector>', 'how it was rated until now')
    .option('--data <dir>', `data directory of a local runtime (default: ${defaultDataDir})`)
    .option('--json', 'the hold as one record')
    .addHelpText(
      'after',
      `
Example:
  $ stopship halt accounts --by ana --title "SQL injection in the login form" \\
      --vector CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N \\
      --reason "it needs no login, so everybody can read the database"`,
    )
    .action(halt);
}

async function halt(name: string, options: Options): Promise<void> {
  const score = scored(options.vector, '--vector');
  if (options.believed !== undefined) scored(options.believed, '--believed');
  const { runtime, policy } = await openRuntime(options);
  const service = serviceNamed(policy, name);
  const by = options.by === undefined ? userInfo().username : personNamed(policy, options.by).id;
  const order = orderOf(service.name, by, options);
  const event = {
    version: '0',
    id: order.id,
    source: orderedSource,
    'detail-type': orderedDetailType,
    account: service.pipeline.account,
    time: order.at,
    region: service.pipeline.region,
    resources: [],
    detail: order,
  };
  const [taking] = takingsIn(await postEvents(runtime, JSON.stringify(event)));
  if (taking?.status !== 'assessed') {
    const why =
      taking?.status === 'rejected'
        ? taking.error.message
        : taking?.status === 'ignored'
          ? taking.reason
          : 'it was not taken in';
    throw new Failure(`The runtime did not take the order: it ${why}.`);
  }
  if (taking.holdId === undefined) {
    throw new Failure(`NOT HALTED: the policy only watches ${service.name} (audit mode), so no hold was opened.`);
  }
  const page = `${runtime.url}/holds/${taking.holdId}`;
  if (options.json === true)
    return sayJson({ holdId: taking.holdId, page, score: score.score, severity: score.severity });
  say(
    `${paint(['red', 'bold'], 'Halting')} ${service.pipeline.stage} of ${service.pipeline.name}: ${score.score.toFixed(1)} ${score.severity}.`,
  );
  say(`Hold ${taking.holdId}: ${page} says when it is in force and who was told.`);
}

function scored(vector: string, option: string) {
  const score = scoreVector(vector);
  if (!score.ok) throw new Failure(`${option} ${vector} ${score.error}.`);
  return score.scored;
}

function orderOf(service: string, by: string, { title, vector, reason, cve, believed }: Options): Order {
  const order = Order.safeParse({
    id: randomUUID(),
    service,
    title,
    vector,
    reason,
    cve: cve ?? null,
    by,
    at: instantOf(Date.now()),
    believed: believed === undefined ? null : { vector: believed, by },
  });
  if (order.success) return order.data;
  const [issue] = order.error.issues;
  throw new UsageError(`--${issue?.path.join('.') ?? 'order'}: ${issue?.message ?? 'is not right'}.`);
}
