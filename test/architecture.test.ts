import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

import { describe, expect, it } from 'vitest';

const SRC = resolve(import.meta.dirname, '../src');

/** The rooms in the order of design section 4: a room may import what stands above it, and nothing else. */
const ROOMS = [
  'shared',
  'telemetry',
  'engines',
  'profiles',
  'models',
  'binaries',
  'planner',
  'supervisor',
  'router',
  'store',
  'knowledge',
  'memory',
  'proxy',
  'server',
  'app.ts',
  'cli',
];

/** Rooms that decide and never act: no I/O, no clock. */
const PURE = new Set(['engines', 'planner', 'router']);
const IMPURE_MODULES = /^node:(fs|child_process|net|http|https|dgram|timers|worker_threads|os|process)/;

interface Import {
  from: string;
  specifier: string;
  /** Loaded together with the file that says it. */
  isLoaded: boolean;
}

const imports: Import[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) =>
    [
      ...readFileSync(join(SRC, file), 'utf8').matchAll(
        /(?:^|\s)(?:import|export)\s[^'"]*?from\s+'([^']+)'|import\(\s*'([^']+)'\s*\)|^import\s+'([^']+)'/gm,
      ),
    ].map((match) => ({
      from: file,
      specifier: match[1] ?? match[2] ?? match[3] ?? '',
      isLoaded: match[2] === undefined && !/^\s*(?:import|export)\s+type\s/.test(match[0]),
    })),
  );

const roomOf = (file: string) => file.split('/')[0] ?? file;

describe('the rooms of src/', () => {
  it('import downward only', () => {
    const wrong = imports
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map(({ from, specifier }) => ({ from, to: relative(SRC, resolve(SRC, dirname(from), specifier)) }))
      .filter(({ to }) => to !== '../package.json')
      .filter(({ from, to }) => {
        const [own, other] = [ROOMS.indexOf(roomOf(from)), ROOMS.indexOf(roomOf(to))];
        return own < 0 || other < 0 || other > own;
      });
    expect(wrong).toEqual([]);
    expect(imports.length).toBeGreaterThan(50);
  });

  it('keep the pure rooms free of files, processes, sockets and timers', () => {
    const wrong = imports.filter(({ from, specifier }) => PURE.has(roomOf(from)) && IMPURE_MODULES.test(specifier));
    expect(wrong).toEqual([]);
  });

  it('speak SurrealQL in store/ alone', () => {
    const wrong = imports.filter(({ from, specifier }) => /surrealdb/.test(specifier) && roomOf(from) !== 'store');
    expect(wrong).toEqual([]);
  });

  /** What is loaded together with the program. */
  const loaded = new Set(['app.ts']);
  for (const file of loaded)
    for (const { from, specifier, isLoaded } of imports)
      if (from === file && isLoaded && specifier.startsWith('.'))
        loaded.add(relative(SRC, resolve(SRC, dirname(from), specifier)));

  it('load nothing of accounts before there are any', () => {
    const ofAccounts = [...loaded].filter((file) => file.startsWith('server/identity/'));
    expect(ofAccounts.filter((file) => /account|login|managed|password|signing|token|throttle/.test(file))).toEqual([]);
    const heavy = imports.filter(({ specifier }) => specifier === 'jose' || specifier === '@node-rs/argon2');
    expect(heavy.map(({ isLoaded }) => isLoaded)).toEqual(heavy.map(() => false));
    expect(heavy.length).toBeGreaterThan(1);
  });

  it('load nothing of documents before they are switched on', () => {
    const ofDocuments = [...loaded].filter((file) =>
      /^(?:store|knowledge|server\/knowledge|server\/openai)\//.test(file),
    );
    // Where the routes are, and what a profile's numbers come to for whoever chooses an expert.
    expect(ofDocuments.sort()).toEqual(['knowledge/context/budget.ts', 'server/knowledge/document-paths.ts']);
    expect(loaded.size).toBeGreaterThan(100);
  });
});
