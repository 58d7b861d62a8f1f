// Installs the locked dependencies when node_modules is missing or older than the lock file. Runs on any Node >= 20, without dependencies.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** name@version of every locked package, without the entries that are for another platform. */
function packagesOf(file) {
  try {
    const { packages } = JSON.parse(readFileSync(join(root, file), 'utf8'));
    return new Map(
      Object.entries(packages)
        .filter(([path]) => path !== '')
        .map(([path, entry]) => [path, entry]),
    );
  } catch {
    return undefined;
  }
}

export function dependenciesAreCurrent() {
  const locked = packagesOf('package-lock.json');
  const installed = packagesOf('node_modules/.package-lock.json');
  if (!locked || !installed) return false;
  for (const [path, entry] of locked) {
    const present = installed.get(path);
    if (present ? present.version !== entry.version : !entry.optional && !entry.peer) return false;
  }
  return true;
}

export function ensureDependencies() {
  if (dependenciesAreCurrent()) return;
  console.log('Installing the locked dependencies (npm ci) …');
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) ensureDependencies();
