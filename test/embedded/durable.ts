// A process with a pipeline in a data directory, for the test that kills it: prints its address, then waits.
import { codepipeline } from '../../lib/embedded/codepipeline.ts';
import { Pipelines } from '../../lib/embedded/pipelines.ts';
import { openStore } from '../../lib/embedded/store.ts';
import { startWire } from '../../lib/embedded/wire.ts';

const store = openStore(process.argv[2] ?? null);
const stages = ['Source', 'Build', 'Production'];
const pipelines = new Pipelines({
  store,
  pipelines: [{ account: '123456789012', region: 'eu-west-1', name: 'checkout', stages }],
  pace: { step: 1, stage: 1 },
});
const wire = await startWire({ services: [codepipeline(pipelines)] });
pipelines.start();
process.stdout.write(`${wire.url}\n`);
