// What happens between `orchestrator` and the program: the right Node, a fresh bundle, the compile cache. Runs on any Node >= 20.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import module from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const bin = dirname(fileURLToPath(import.meta.url));
const root = dirname(bin);
const entry = join(root, 'dist', 'orchestrator.mjs');

export async function launch() {
  if (!isNewEnough(process.versions.node)) return reexecute();
  ensureBundle();
  module.enableCompileCache(join(cacheDirectory(), 'compile'));
  if (process.env['ORCHESTRATOR_DEBUG']) process.setSourceMapsEnabled(true);
  await import(pathToFileURL(entry).href);
}

/** The floor of the program's dependencies: 22.19. */
export function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 19);
}

/** The Node that the optional dependency carries, in the package's own or a parent's node_modules. */
export function bundledNode(from = root) {
  for (let directory = from; ; directory = dirname(directory)) {
    const node = join(directory, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
    if (existsSync(node)) return node;
    if (directory === dirname(directory)) return undefined;
  }
}

function reexecute() {
  const node = bundledNode();
  if (node === undefined || node === process.execPath) {
    console.error(
      `orchestrator needs Node 22.19 or newer; this is ${process.versions.node}, and the package carries none for ${process.platform} ${process.arch}. ` +
        'Run `npm install` in the package, or install a newer Node.',
    );
    process.exitCode = 1;
    return;
  }
  const args = [...process.execArgv, join(bin, 'orchestrator.mjs'), ...process.argv.slice(2)];
  if (process.execve) process.execve(node, [node, ...args], process.env);
  const child = spawn(node, args, { stdio: 'inherit' });
  const forward = (signal) => child.kill(signal);
  // The terminal sends Ctrl-C to both; the child decides what it means, and this process only waits.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2']) process.on(signal, forward);
  child.once('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** Builds when a source is newer than the bundle and esbuild is there; an installed package has neither. */
function ensureBundle() {
  const built = modifiedAt(entry);
  if (built > 0 && newestSource(built) <= built) return;
  if (!existsSync(join(root, 'node_modules', 'esbuild'))) {
    if (built > 0) return;
    console.error('orchestrator: dist/ is missing and so is esbuild to build it; run `npm ci` in the package.');
    process.exit(1);
  }
  // A process of its own: a long-running `up` should not carry the bundler's memory.
  const { status } = spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs'), '--quiet'], {
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) process.exit(1);
}

/** Newest mtime of what the bundle is made of; folders count, so that a deleted file is seen. Stops at the first one past `limit`. */
function newestSource(limit) {
  let newest = Math.max(modifiedAt(join(root, 'package.json')), modifiedAt(join(root, 'scripts', 'build.mjs')));
  const folders = [join(root, 'src')];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    newest = Math.max(newest, modifiedAt(folder));
    if (newest > limit) return newest;
    for (const item of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, item.name);
      if (item.isDirectory()) folders.push(path);
      else newest = Math.max(newest, modifiedAt(path));
    }
  }
  return newest;
}

function modifiedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** As in src/shared/paths.ts, which cannot be read before the bundle is there. */
function cacheDirectory() {
  const { ORCHESTRATOR_CACHE_DIR: own, XDG_CACHE_HOME: xdg, HOME: home } = process.env;
  return own ?? join(xdg || join(home ?? homedir(), '.cache'), 'orchestrator');
}
