// node scripts/run.mjs scripts/NAME.ts [arguments]: sees to the dependencies, then runs the script by a Node that is new enough.
// Runs on any Node >= 20 without dependencies. (A shell keeps the place of the first `node` it found, so that a second one on
// the same line of package.json would still be the system's.)
import { spawn } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { bundledNode, isNewEnough } from '../bin/launch.mjs';
import { ensureDependencies } from './ensure-dependencies.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [name = '', ...args] = process.argv.slice(2);
const script = resolve(root, name);
ensureDependencies();

const node = isNewEnough(process.versions.node) ? process.execPath : bundledNode();
if (node === undefined) {
  console.error(
    `Node 22.19 or newer is needed; this is ${process.versions.node}, and none is packaged for ${process.platform} ${process.arch}. Install one from your system or from nodejs.org.`,
  );
  process.exit(1);
}
process.env['PATH'] = `${dirname(node)}:${join(root, 'node_modules', '.bin')}:${process.env['PATH'] ?? ''}`;

if (node === process.execPath) {
  process.argv = [node, script, ...args];
  await import(pathToFileURL(script).href);
} else {
  const child = spawn(node, [script, ...args], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.once('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
}
