import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ZipFile } from '../../../src/models/zip.ts';
import { AppError } from '../../../src/shared/errors.ts';
import { makeZip, temporaryFolder } from './support.ts';

const DATA = randomBytes(700_000);
const MEMBERS = [
  { name: 'a/deflated.bin', data: DATA },
  { name: 'a/stored.bin', data: DATA, stored: true },
  { name: 'a/empty', data: Buffer.alloc(0) },
];

async function openBytes(bytes: Uint8Array): Promise<ZipFile> {
  const path = join(temporaryFolder(), 'x.whl');
  writeFileSync(path, bytes);
  return ZipFile.open(path, 'x.whl');
}

/** Reads every member; the zip file is closed whatever happens. */
async function readAll(bytes: Uint8Array): Promise<Buffer[]> {
  const zip = await openBytes(bytes);
  try {
    const contents: Buffer[] = [];
    for (const entry of zip.entries) contents.push(await buffer(zip.read(entry)));
    return contents;
  } finally {
    await zip.close();
  }
}

describe('a zip file', () => {
  it('gives its members back, deflated or stored', async () => {
    expect(await readAll(makeZip(MEMBERS))).toEqual([DATA, DATA, Buffer.alloc(0)]);
  });

  it('shows damage by its checksum', async () => {
    const bytes = makeZip(MEMBERS.slice(1, 2));
    bytes[5_000] = (bytes[5_000] ?? 0) ^ 1;
    await expect(readAll(bytes)).rejects.toThrow('a/stored.bin is damaged (checksum)');
  });

  it('may not inflate to more than it declares', async () => {
    const bytes = makeZip([{ name: 'bomb', data: Buffer.alloc(5_000_000) }]);
    const directory = bytes.lastIndexOf('PK\u0001\u0002');
    bytes.writeUInt32LE(1_000, directory + 24);
    await expect(readAll(bytes)).rejects.toThrow('bomb is larger than the 1000 bytes it declares');
  });

  it('is refused when it needs zip64, or is none', async () => {
    const bytes = makeZip(MEMBERS);
    const directory = bytes.indexOf('PK\u0001\u0002');
    bytes.writeUInt32LE(0xffffffff, directory + 20);
    await expect(openBytes(bytes)).rejects.toThrow('a/deflated.bin needs zip64');
    await expect(openBytes(Buffer.from('hello'))).rejects.toThrow('it has 5 bytes');
    await expect(openBytes(Buffer.alloc(100))).rejects.toThrow('no directory at its end');
  });

  it('never takes the program down, whatever is in it', async () => {
    const valid = makeZip([
      { name: 'a', data: DATA.subarray(0, 300) },
      { name: 'b', data: Buffer.from('b'), stored: true },
    ]);
    const change = fc.tuple(fc.nat(valid.length - 1), fc.integer({ min: 0, max: 255 }));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), fc.nat(40), async (changes, cut) => {
        const bytes = Buffer.from(valid);
        for (const [at, value] of changes) bytes[at] = value;
        await readAll(bytes.subarray(0, bytes.length - cut)).catch((error: unknown) => {
          // zlib says itself what is wrong with a stream.
          expect(error instanceof AppError || (error as NodeJS.ErrnoException).code?.startsWith('Z_')).toBe(true);
        });
      }),
      { numRuns: 150 },
    );
  });
});
