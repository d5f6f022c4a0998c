import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { awsClients } from '../../lib/aws/clients.ts';
import { createTableIfAbsent, dynamoTable } from '../../lib/aws/dynamo-table.ts';
import { systemChance, systemClock } from '../../lib/aws/ports.ts';
import { startDynoxide } from '../../lib/embedded/dynoxide.ts';
import { memoryTable } from '../../lib/embedded/memory-table.ts';
import { readText } from '../../lib/finding/read.ts';
import { untrusted } from '../../lib/finding/untrusted.ts';
import { intake, intakeMemory } from '../../lib/hold/intake.ts';
import { intelligenceFrom } from '../../lib/hold/intelligence.ts';
import type { Pipeline } from '../../lib/hold/pipeline.ts';
import { productionFrom } from '../../lib/hold/production.ts';
import type { Table } from '../../lib/hold/table.ts';
import { unknownRelease } from '../unknown-release.ts';
import { benchPolicy } from './policy.ts';
import { compared, type Figure } from './rounds.ts';

const haltsPerRound = 40;
const goal = '<= 2.2';

/**
 * From the text of an event to its hold and the disabled transition, against the least that this takes: one transaction of
 * one write, then one HTTP call. On the ledger in memory, and on the emulator where it runs.
 */
export async function haltFigures(): Promise<readonly Figure[]> {
  const server = await listening();
  const { port } = addressOf(server);
  try {
    const memory = memoryTable();
    const first = await haltFigure('halt, memory ledger', memory, port);
    const emulator = await startDynoxide({ dataFile: null }).catch(() => null);
    if (emulator === null) return [first];
    try {
      return [first, await haltFigure('halt', await emulatedTable(emulator.endpoint), port)];
    } finally {
      await emulator.stop();
    }
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function haltFigure(name: string, table: Table, port: number): Promise<Figure> {
  const policy = benchPolicy();
  const text = readFileSync(
    new URL('../fixtures/samples/inspector2/inspector-guide-ecr-package-event.json', import.meta.url),
    'utf8',
  );
  const pipeline = pipelineAt(port);
  const intelligence = intelligenceFrom(table, systemClock);
  const production = productionFrom(table, systemClock);
  let findings = 0;

  async function halt(): Promise<void> {
    for (let done = 0; done < haltsPerRound; done += 1) {
      findings += 1;
      const readings = readText(text).map((reading) => {
        if (reading.status !== 'finding') throw new Error('the sample is no finding');
        // Another package each time: a problem of its own, so a hold of its own.
        const packages = reading.finding.packages.map((pack) => ({
          ...pack,
          name: untrusted(`${pack.name}-${findings}`),
        }));
        const halting = { ...reading.finding, packages, threat: { ...reading.finding.threat, knownExploited: true } };
        return { ...reading, finding: halting };
      });
      const deps = { table, pipeline, clock: systemClock, chance: systemChance, policy, intelligence, production };
      const [[answer] = []] = await intake({ ...deps, memory: intakeMemory() }, readings);
      if (answer?.status !== 'assessed' || answer.holdId === null) throw new Error('the sample opened no hold');
    }
  }
  async function bare(): Promise<void> {
    for (let done = 0; done < haltsPerRound; done += 1) {
      await table.transact([{ put: { pk: `BARE#${randomUUID()}`, sk: 'STATE', text } }]);
      await call(port);
    }
  }
  return await compared(name, goal, halt, bare, (ours, anchor) => ours / anchor);
}

/** A pipeline of which each call is one HTTP call, and whose transition always reads enabled. */
function pipelineAt(port: number): Pipeline {
  return {
    async state() {
      await call(port);
      const transition = { enabled: true, changedBy: null, changedAt: null } as const;
      return { transition, waiting: null, inside: null, passed: null, refused: null, asking: null };
    },
    disable: () => call(port),
    enable: () => call(port),
    release: async (_, executionId) => unknownRelease(executionId),
    stop: () => call(port),
    lastGood: async () => null,
    rollBack: async (_, target) => target,
  };
}

async function call(port: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: '{}' });
  await response.text();
}

async function emulatedTable(endpoint: string): Promise<Table> {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const { dynamodb } = awsClients({ dynamodbEndpoint: endpoint, region: 'eu-west-1', credentials });
  const clock = { wait: (ms: number) => pause(ms) };
  const deps = { documents: dynamodb, tableName: 'bench', clock, chance: systemChance };
  await createTableIfAbsent(deps);
  return dynamoTable(deps);
}

async function listening(): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.end('{}'));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return server;
}

function addressOf(server: Server): AddressInfo {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen on a port');
  return address;
}
