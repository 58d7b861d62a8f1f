// Bundles src/cli/main.ts into dist/. Every file lands by rename, the entry last, so that a program that starts meanwhile
// reads either the old build or the new one.
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const ENTRY = 'orchestrator.mjs';
/** A program that has been running since an earlier build may still load one of that build's chunks. */
const KEEP_OLD_CHUNKS_MS = 7 * 24 * 3_600_000;

export async function bundle() {
  // A source that changes during the build must count as newer than the bundle.
  const startedAt = new Date();
  mkdirSync(dist, { recursive: true });
  const building = mkdtempSync(join(dist, '.building-'));
  try {
    await build({
      absWorkingDir: root,
      // A worker thread, and a process of ours, is started from a file of its own.
      entryPoints: {
        orchestrator: 'src/cli/main.ts',
        'train-worker': 'src/server/train-worker.ts',
        'reader-program': 'src/knowledge/extract/reader-program.ts',
        'rewrite-program': 'src/store/rewrite-program.ts',
        'search-worker': 'src/knowledge/search/search-worker.ts',
      },
      outdir: building,
      outExtension: { '.js': '.mjs' },
      chunkNames: '[name]-[hash]',
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node22',
      sourcemap: 'linked',
      sourcesContent: false,
      minifySyntax: true,
      minifyWhitespace: true,
      keepNames: false,
      legalComments: 'none',
      logLevel: 'warning',
      // A native module finds its library beside itself, and the two must share one SDK.
      external: ['surrealdb', '@surrealdb/node', '@node-rs/argon2'],
      // CommonJS dependencies ask for Node's own modules by `require`.
      banner: {
        js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
      },
    });
    const files = readdirSync(building).sort((left, right) => Number(left === ENTRY) - Number(right === ENTRY));
    utimesSync(join(building, ENTRY), startedAt, startedAt);
    for (const file of files) renameSync(join(building, file), join(dist, file));
    removeOldChunks(new Set(files), startedAt.getTime() - KEEP_OLD_CHUNKS_MS);
    return { files: files.length, milliseconds: Date.now() - startedAt.getTime() };
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
}

function removeOldChunks(current, before) {
  for (const file of readdirSync(dist)) {
    const path = join(dist, file);
    if (current.has(file) || (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) > before) continue;
    rmSync(path, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const { files, milliseconds } = await bundle();
    if (!process.argv.includes('--quiet')) console.log(`Built dist/${ENTRY} (${files} files) in ${milliseconds} ms.`);
  } catch {
    // esbuild has said what and where.
    console.error('orchestrator: the sources could not be bundled; the program was not started.');
    process.exitCode = 1;
  }
}
