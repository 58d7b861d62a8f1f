/** Faults, group M: what comes in with the dependencies. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { describe, expect, it } from 'vitest';

interface LockedPackage {
  os?: string[];
  version?: string;
  integrity?: string;
  resolved?: string;
  hasInstallScript?: boolean;
  dev?: boolean;
  optional?: boolean;
  link?: boolean;
}

/** More is a decision, not an accident: raise it in a commit of its own, with the reason. */
const MOST_PRODUCTION_PACKAGES = 63;
/** Without what is made for one platform alone: of those, a machine installs one in twenty. */
const MOST_PACKAGES = 138;

const root = resolve(import.meta.dirname, '../../..');
const read = (name: string): string => readFileSync(resolve(root, name), 'utf8');
const lock = JSON.parse(read('package-lock.json')) as {
  lockfileVersion: number;
  packages: Record<string, LockedPackage>;
};
const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string> | undefined>;
const packages = Object.entries(lock.packages).filter(([path]) => path !== '');

describe('M4 supply chain', () => {
  it('M4 every package of the lockfile is pinned by a strong digest', () => {
    const weak = packages.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([path]) => path);
    expect(weak).toEqual([]);
    expect(packages.length).toBeGreaterThan(20);
  });

  it('M4 nothing comes from a git repository, a folder or a plain URL', () => {
    const foreign = packages.filter(
      ([, { resolved, link }]) => link || /^(git|file|http:)|github\.com/.test(resolved ?? ''),
    );
    expect(foreign).toEqual([]);
    for (const group of ['dependencies', 'devDependencies', 'optionalDependencies']) {
      for (const [name, range] of Object.entries(manifest[group] ?? {})) {
        expect(range, `${group}.${name} is an exact version`).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
      }
    }
  });

  it('M4 no production dependency runs a script at install time, and npm is told to run none', () => {
    const scripts = packages.filter(([, { hasInstallScript, dev }]) => hasInstallScript && !dev).map(([path]) => path);
    expect(scripts).toEqual([]);
    expect(read('.npmrc')).toMatch(/^ignore-scripts\s*=\s*true$/m);
    expect(Object.keys(manifest['scripts'] ?? {})).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(pre|post)?install$|^prepare$/)]),
    );
  });

  it('M4 the number of packages is capped', () => {
    const production = packages.filter(([, { dev, optional }]) => !dev && !optional);
    expect(production.length).toBeGreaterThan(3);
    expect(production.length).toBeLessThanOrEqual(MOST_PRODUCTION_PACKAGES);
    const everywhere = packages.filter(([, { os }]) => os === undefined);
    expect(everywhere.length).toBeGreaterThan(production.length);
    expect(everywhere.length).toBeLessThanOrEqual(MOST_PACKAGES);
  });
});
