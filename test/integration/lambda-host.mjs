// Loads one Lambda bundle, as the Lambda runtime does, and answers events that come as JSON lines on stdin.
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const { handler } = await import(pathToFileURL(`${process.argv[2]}/index.mjs`).href);
for await (const line of createInterface({ input: process.stdin })) {
  const { id, event } = JSON.parse(line);
  handler(event).then(
    (result) => answer({ id, ok: true, result: result ?? null }),
    (error) => answer({ id, ok: false, name: error.name, message: error.message }),
  );
}

function answer(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
