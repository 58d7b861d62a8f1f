/**
 * `npm test`: gets what the tests need, runs vitest with the arguments given, and ends with why tests were skipped and the line
 * `N passed, N failed, N skipped`.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

import { packageRoot } from '../src/shared/package-root.ts';

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numTotalTests: number;
  testResults: { name: string; status: string; assertionResults: { status: string }[] }[];
}

const args = process.argv.slice(2);
const root = packageRoot();
// Unit tests alone need nothing beyond the checkout, and a suite of its own brings what it needs.
const alone = args[0] === '--project' && args.length === 2 ? args[1] : undefined;
if (alone === 'bitnet') await import('./prepare-bitnet.ts');
else if (alone === 'vllm') await import('./prepare-vllm.ts');
else if (alone === 'surrealdb') await import('./prepare-surrealdb.ts');
else if (alone !== 'unit') await import('./prepare-tests.ts');

const directory = mkdtempSync(join(tmpdir(), 'orchestrator-report-'));
try {
  const reportPath = join(directory, 'report.json');
  const { code, reasons } = await runVitest(reportPath);
  const { passed, failed, skipped } = count(JSON.parse(readFileSync(reportPath, 'utf8')) as Report);
  if (reasons.size > 0) {
    console.log(`\nSkipped on this machine:\n${[...reasons].map((reason) => `  ${reason}`).join('\n')}`);
  }
  console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = code ?? 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}

/** Vitest's output passes through; the reasons that skipped tests print are gathered on the way. */
function runVitest(reportPath: string): Promise<{ code: number | null; reasons: Set<string> }> {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportPath}`];
  const child = spawn(process.execPath, [vitest, 'run', ...reporters, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...(process.stdout.isTTY && { FORCE_COLOR: '1' }) },
  });
  const reasons = new Set<string>();
  let [line, code] = ['', null as number | null];
  for (const [from, to] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ] as const) {
    from.setEncoding('utf8').on('data', (text: string) => {
      to.write(text);
      const lines = (line + text).split('\n');
      line = lines.pop() ?? '';
      for (const each of lines) {
        const reason = /^skipped: (.*)$/.exec(stripVTControlCharacters(each).trim())?.[1];
        if (reason !== undefined) reasons.add(reason);
      }
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (ended) => (code = ended));
    child.once('close', () => resolve({ code, reasons }));
  });
}

/** A file that could not even be loaded counts as one failure. */
function count(report: Report): { passed: number; failed: number; skipped: number } {
  const broken = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const { numPassedTests: passed, numFailedTests, numTotalTests } = report;
  return { passed, failed: numFailedTests + broken, skipped: numTotalTests - passed - numFailedTests };
}
