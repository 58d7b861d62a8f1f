import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

import { alive } from '../../support/processes.ts';

it('a program that is waited for is ended when the one who waits ends', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'orchestrator-box-'));
  const pidFile = join(directory, 'pid');
  const module = new URL('../../../src/shared/time-boxed.ts', import.meta.url).href;
  // Leaves as soon as the program has said who it is.
  const script = `
    import { existsSync } from 'node:fs';
    import { runTimeBoxed } from '${module}';
    void runTimeBoxed('sh', ['-c', 'echo $$ > ${pidFile}.new && mv ${pidFile}.new ${pidFile} && exec sleep 600'], { timeoutMs: 600000, env: process.env });
    setInterval(() => existsSync('${pidFile}') && process.exit(0), 5);`;
  try {
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    const pid = Number(readFileSync(pidFile, 'utf8'));
    await expect.poll(() => alive(pid), { timeout: 5_000 }).toBe(false);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
