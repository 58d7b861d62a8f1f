import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Redactor } from '../../../src/shared/redact.ts';
import { ExpertLog } from '../../../src/supervisor/expert-log.ts';

describe("an expert's log", () => {
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'log-'));
  });
  afterEach(() => {
    vi.restoreAllMocks();
    rmSync(directory, { recursive: true });
  });
  const open = (expert: string, redactor = new Redactor()) =>
    new ExpertLog({ stateDir: directory, expert, maxBytes: 1 << 20, files: 2, redactor });

  it('keeps lines for people and on disk, without secrets', async () => {
    const redactor = new Redactor();
    redactor.add('sk-canary-1234');
    const log = open('a', redactor);
    log.write('key is sk-canary-1234.');
    await log.close();
    expect(log.buffer.tail(10)).toEqual(['key is [secret].']);
    expect(readFileSync(join(directory, 'logs', 'a.log'), 'utf8')).toBe('key is [secret].\n');
  });

  it('cannot be led out of its directory by a name', async () => {
    const log = open('../../etc/x y');
    log.write('hello');
    await log.close();
    expect(readdirSync(join(directory, 'logs'))).toEqual(['.._.._etc_x_y.log']);
  });

  it('keeps so many lines of a storm in a second, counts the rest, and says so when it is over', async () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(50_000);
    const log = open('a');
    for (let line = 0; line < 2_500; line += 1) log.write(`line ${line}`);
    expect(log.dropped).toBe(500);
    expect(log.buffer.tail(1)).toEqual(['line 1999']);
    now.mockReturnValue(51_001);
    log.write('calm');
    expect(log.buffer.tail(2)).toEqual(['[orchestrator] 500 lines of a log storm were not kept', 'calm']);
    await log.close();
  });
});
