/** `npm run check`: all that must hold besides the tests, a line each; the output of what failed follows its line. */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { packageRoot } from '../src/shared/package-root.ts';
import { formatDuration } from '../src/shared/units.ts';

const root = packageRoot();
const bin = (name: string) => join(root, 'node_modules', '.bin', name);
/** Architecture, and what must be equal in two places: the generated schema, the documented errors. */
const driftTests = [
  ...readdirSync(join(root, 'test'))
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => `test/${file}`),
  'test/unit/profiles/json-schema.test.ts',
];

const CHECKS: readonly { name: string; command: readonly string[] }[] = [
  { name: 'types', command: [bin('tsc'), '-p', '.'] },
  { name: 'lint', command: [bin('oxlint'), '--deny-warnings'] },
  { name: 'format', command: [bin('oxfmt'), '--check'] },
  { name: 'dead code', command: [bin('knip')] },
  { name: 'architecture', command: [bin('vitest'), 'run', '--project', 'unit', ...driftTests] },
];

let failed = 0;
for (const { name, command } of CHECKS) {
  const startedAt = performance.now();
  const { code, output } = await run(command);
  const took = formatDuration(performance.now() - startedAt);
  console.log(`${code === 0 ? '✓' : '✗'} ${name} (${took})`);
  if (code === 0) continue;
  failed += 1;
  console.log(output.trimEnd());
}
console.log(failed === 0 ? 'All checks passed.' : `${failed} of ${CHECKS.length} checks failed.`);
process.exitCode = failed === 0 ? 0 : 1;

function run([program = '', ...args]: readonly string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}
