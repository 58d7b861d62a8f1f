// Gets what `npm run test:surrealdb` needs: a real SurrealDB server, built from the crate registry by the recipe in engines/surrealdb/
// (45 minutes on two cores, 620 crates). Kept in the XDG cache; a second run finds it there.
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { run } from '../src/binaries/run.ts';
import { packageRoot } from '../src/shared/package-root.ts';
import { SERVER_BINARY, SERVER_PROJECT } from '../test/support/surrealdb-server.ts';

const RECIPE = join(packageRoot(), 'engines', 'surrealdb');
const FILES = ['Cargo.toml', join('src', 'main.rs')];
const SAY_EVERY_MS = 10_000;

const say = (text: string) => console.error(`prepare-surrealdb: ${text}`);

if (!(await isCurrent())) await build();
say(`the server is ${SERVER_BINARY}`);

/** Another recipe is another server. */
async function isCurrent(): Promise<boolean> {
  if (!existsSync(SERVER_BINARY)) return false;
  const same = await Promise.all(
    FILES.map(async (file) => {
      const built = await readFile(join(SERVER_PROJECT, file), 'utf8').catch(() => '');
      return bare(built) === bare(await readFile(join(RECIPE, file), 'utf8'));
    }),
  );
  return same.every(Boolean);
}

/** However it is laid out. */
function bare(text: string): string {
  return text.replaceAll(/[\s,]+/g, '');
}

async function build(): Promise<void> {
  await rm(SERVER_BINARY, { force: true });
  await mkdir(join(SERVER_PROJECT, 'src'), { recursive: true });
  for (const file of FILES) await copyFile(join(RECIPE, file), join(SERVER_PROJECT, file));
  say('building a SurrealDB server: 620 crates, three quarters of an hour on two cores');
  let compiled = 0;
  let last = 0;
  const { exitCode, stderr } = await run(
    'nice',
    ['-n', '19', 'cargo', 'build', '--release', '--manifest-path', join(SERVER_PROJECT, 'Cargo.toml')],
    {
      // Proxies and mirrors of the registry are the user's.
      env: Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, value ?? ''])),
      onLine: (line) => {
        if (/^\s*Compiling /.test(line)) compiled += 1;
        if (performance.now() - last < SAY_EVERY_MS) return;
        last = performance.now();
        say(`${compiled} crates compiled; ${line.trim().slice(0, 90)}`);
      },
    },
  ).catch((error: unknown) => {
    throw new Error('cargo could not be started. Install Rust 1.85 or newer, then run this again.', { cause: error });
  });
  if (exitCode !== 0) throw new Error(`cargo ended with ${exitCode}:\n${stderr.slice(-2_000)}`);
}
