import { copyFileSync, mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { build } from 'esbuild';

/**
 * Bundles the command line into a few files, so that a start costs a second and not three; answers the file to run. Beside
 * the installed packages, because the runtime looks up some of them by name.
 */
export async function bundledCommand(): Promise<string> {
  const root = resolve('node_modules/.cache/stopship-crash');
  mkdirSync(root, { recursive: true });
  copyFileSync('package.json', `${root}/package.json`);
  await build({
    entryPoints: ['bin/stopship.ts'],
    outdir: `${root}/bin`,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    logLevel: 'warning',
    // Libraries in CommonJS call `require`, which a module does not have.
    banner: {
      js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
    },
  });
  return `${root}/bin/stopship.mjs`;
}
