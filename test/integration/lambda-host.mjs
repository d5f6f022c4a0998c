// Loads one Lambda bundle, as the Lambda runtime does, and answers events that come as JSON lines on stdin.
// The answers have a channel of their own: what a function prints is its log, and may be JSON lines as well.
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const answers = createWriteStream('', { fd: 3 });
const { handler } = await import(pathToFileURL(`${process.argv[2]}/index.mjs`).href);
for await (const line of createInterface({ input: process.stdin })) {
  const { id, event } = JSON.parse(line);
  handler(event).then(
    (result) => answer({ id, ok: true, result: result ?? null }),
    (error) => answer({ id, ok: false, name: error.name, message: error.message }),
  );
}

function answer(value) {
  answers.write(`${JSON.stringify(value)}\n`);
}
