import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { Spool } from '../../../../src/knowledge/ingest/spool.ts';

const LARGE = 1_000;

describe('the spool', () => {
  let directory: string;
  let spool: Spool;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'orchestrator-spool-'));
    spool = new Spool(join(directory, 'spool'));
    await spool.open();
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));
  const names = () => readdirSync(join(directory, 'spool'));

  it('keeps a text for its user under a name of its own, for the owner of the process alone', async () => {
    const spooled = await spool.takeText('¡Hola!', LARGE);
    expect(spooled).toMatchObject({ bytes: 7, sha256: createHash('sha256').update('¡Hola!').digest('hex') });
    await spool.keep('ana', spooled);
    const path = spool.pathOf('ana', spooled.sha256);
    expect(readFileSync(path, 'utf8')).toBe('¡Hola!');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(names()).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
    expect([spool.has('ana', spooled.sha256), spool.has('bo', spooled.sha256)]).toEqual([true, false]);
    await spool.remove('ana', spooled.sha256);
    expect(names()).toEqual([]);
  });

  it('takes a file away from where it is, also one that it does not want', async () => {
    const given = join(directory, 'upload');
    writeFileSync(given, 'x'.repeat(2_000), { mode: 0o644 });
    const spooled = await spool.takeFile(given, 2_000);
    expect(spooled).toMatchObject({
      bytes: 2_000,
      sha256: createHash('sha256').update('x'.repeat(2_000)).digest('hex'),
    });
    expect(statSync(spooled.path).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(['spool']);
    await spool.discard(spooled);

    writeFileSync(given, 'x'.repeat(2_001));
    await expect(spool.takeFile(given, 2_000)).rejects.toThrow(/2001 bytes.*knowledge\.limits\.fileSize/);
    await expect(spool.takeText('x'.repeat(2_001), 2_000)).rejects.toThrow(/fileSize/);
    expect([readdirSync(directory), names()]).toEqual([['spool'], []]);
  });

  it('sweeps away what was arriving when a process ended, and what belongs to no document', async () => {
    const mine = await spool.takeText('mine', LARGE);
    await spool.keep('ana', mine);
    await spool.keep('ana', await spool.takeText('of no document', LARGE));
    await spool.takeText('half accepted', LARGE);
    const next = new Spool(join(directory, 'spool'));
    await next.open();
    expect(names().length).toBe(2);
    await next.retain([['ana', mine.sha256]]);
    expect(names().length).toBe(1);
    expect(next.has('ana', mine.sha256)).toBe(true);
  });
});
