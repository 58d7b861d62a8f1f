import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { buildGguf, generatedModel } from '../../../scripts/build-gguf.ts';
import { F32, writeGguf } from '../../../src/models/gguf-writer.ts';
import { readGgufHeader } from '../../../src/models/gguf.ts';
import { locateModel } from '../../../src/models/locate.ts';
import { AppError } from '../../../src/shared/errors.ts';
import { temporaryFolder } from './support.ts';

/** A header by hand: key-value pairs and tensors as raw bytes. */
function rawHeader(keys: bigint, tensors: bigint, rest: Buffer, version = 3): Buffer {
  const start = Buffer.alloc(24);
  start.write('GGUF');
  start.writeUInt32LE(version, 4);
  start.writeBigUInt64LE(tensors, 8);
  start.writeBigUInt64LE(keys, 16);
  return Buffer.concat([start, rest]);
}

const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const u64 = (value: bigint | number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
const text = (value: string) => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);
const ARCHITECTURE = Buffer.concat([text('general.architecture'), u32(8), text('x')]);

async function readBytes(bytes: Uint8Array) {
  const path = join(temporaryFolder(), 'model.gguf');
  writeFileSync(path, bytes);
  return readGgufHeader(path);
}

describe('the header of a GGUF file', () => {
  it('says what the builder put into it', async () => {
    const path = join(temporaryFolder(), 'tiny.gguf');
    const built = await buildGguf({
      path,
      name: 'Tiny',
      headCount: 4,
      headCountKv: 2,
      blockCount: 3,
      contextLength: 4_096,
    });
    const header = await readGgufHeader(path);
    expect(header).toMatchObject({
      version: 3,
      architecture: 'llama',
      name: 'Tiny',
      contextLength: 4_096,
      embeddingLength: 64,
      feedForwardLength: 128,
      blockCount: 3,
      headCount: 4,
      headCountKv: 2,
      vocabularySize: 320,
      fileType: 'F16',
      chatTemplate: true,
      split: undefined,
      fileBytes: built.bytes,
      expectedBytes: built.bytes,
    });
    expect(header.tensors).toHaveLength(3 + 3 * 9);
    expect(header.tensors[0]).toEqual({
      name: 'token_embd.weight',
      dims: [64, 320],
      type: 1,
      offset: 0,
      bytes: 40_960,
    });
    expect(header.dataOffset % 32).toBe(0);
  });

  it('passes over the tokenizer’s arrays without keeping them', async () => {
    const path = join(temporaryFolder(), 'tiny.gguf');
    await buildGguf({ path, vocabularySize: 5_000 });
    const { metadata } = await readGgufHeader(path);
    expect(metadata.get('tokenizer.ggml.tokens')).toEqual({ skipped: 'string', length: 5_000 });
    expect(metadata.get('tokenizer.ggml.token_type')).toEqual({ skipped: 'i32', length: 5_000 });
    expect(metadata.get('tokenizer.ggml.add_bos_token')).toBe(false);
  });

  it('reads every value type', async () => {
    const bytes = (...values: number[]) => Buffer.from(values);
    const values: [number, Buffer, unknown][] = [
      [0, bytes(200), 200],
      [1, bytes(0xff), -1],
      [2, bytes(1, 2), 513],
      [3, bytes(0xff, 0xff), -1],
      [4, u32(7), 7],
      [5, bytes(0xfe, 0xff, 0xff, 0xff), -2],
      [6, Buffer.from(Float32Array.of(1.5).buffer), 1.5],
      [7, bytes(1), true],
      [8, text('año'), 'año'],
      [10, u64(2n ** 63n), 2n ** 63n],
      [11, bytes(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), -1],
      [12, Buffer.from(Float64Array.of(0.1).buffer), 0.1],
      [9, Buffer.concat([u32(4), u64(2), u32(8), u32(4)]), [8, 4]],
      [9, Buffer.concat([u32(8), u64(2), text('a'), text('b')]), ['a', 'b']],
    ];
    const rest = values.map(([type, value], index) => Buffer.concat([text(`key${index}`), u32(type), value]));
    const { metadata } = await readBytes(
      rawHeader(BigInt(values.length + 1), 0n, Buffer.concat([ARCHITECTURE, ...rest]), 2),
    );
    expect(values.map((_, index) => metadata.get(`key${index}`))).toEqual(values.map(([, , expected]) => expected));
  });

  it('knows head counts that differ by layer, and the part of a split file', async () => {
    const path = join(temporaryFolder(), 'split.gguf');
    await writeGguf(path, {
      metadata: {
        'general.architecture': { type: 'string', value: 'x' },
        'x.attention.head_count': { type: 'i32s', value: [8, 4, 0] },
        'split.no': { type: 'u32', value: 1 },
        'split.count': { type: 'u32', value: 3 },
        'split.tensors.count': { type: 'i32', value: 291 },
      },
      tensors: [{ name: 'a', dims: [3, 2], type: F32, data: () => [new Uint8Array(24)] }],
    });
    const header = await readGgufHeader(path);
    expect(header.headCount).toEqual([8, 4, 0]);
    expect(header.split).toEqual({ number: 1, count: 3, tensors: 291 });
    expect(header.parameters).toBe(6);
  });

  it('shows that a file was cut off', async () => {
    const path = join(temporaryFolder(), 'tiny.gguf');
    const { bytes } = await buildGguf({ path });
    truncateSync(path, bytes - 1_000);
    const header = await readGgufHeader(path);
    expect([header.fileBytes, header.expectedBytes]).toEqual([bytes - 1_000, bytes]);
  });

  const huge = 2n ** 62n;
  it.each<[string, Buffer, RegExp]>([
    ['another kind of file', Buffer.alloc(64, 'x'), /does not begin with "GGUF"/],
    ['an empty file', Buffer.alloc(0), /it has 0 bytes/],
    ['version 1', rawHeader(0n, 0n, Buffer.alloc(0), 1), /its version is 1/],
    ['more keys than bytes', rawHeader(60_000n, 0n, ARCHITECTURE), /more than its \d+ bytes can hold/],
    ['an absurd number of keys', rawHeader(huge, 0n, ARCHITECTURE), /which cannot be/],
    ['an absurd number of tensors', rawHeader(1n, 5_000_000n, ARCHITECTURE), /at most 1048576 are believed/],
    ['a key of absurd length', rawHeader(1n, 0n, Buffer.concat([u64(60_000n), u64(0)])), /length of a key is 60000/],
    [
      'a string of absurd length',
      rawHeader(1n, 0n, Buffer.concat([text('k'), u32(8), u64(2n ** 40n)])),
      /length of k is/,
    ],
    [
      'an array of absurd length',
      rawHeader(1n, 0n, Buffer.concat([text('k'), u32(9), u32(4), u64(2n ** 24n)])),
      /length of k is/,
    ],
    ['an array of arrays', rawHeader(1n, 0n, Buffer.concat([text('k'), u32(9), u32(9), u64(1)])), /array of arrays/],
    ['an unknown value type', rawHeader(1n, 0n, Buffer.concat([text('k'), u32(13), u32(0)])), /value type 13/],
    ['no architecture', rawHeader(0n, 0n, Buffer.alloc(0)), /general.architecture/],
    [
      'a tensor of too many dimensions',
      rawHeader(1n, 1n, Buffer.concat([ARCHITECTURE, text('t'), u32(9), Buffer.alloc(99)])),
      /tensor t has 9 dimensions/,
    ],
    [
      'a tensor larger than can be',
      rawHeader(
        1n,
        1n,
        Buffer.concat([ARCHITECTURE, text('t'), u32(2), u64(2n ** 50n), u64(2n ** 50n), u32(0), u64(0)]),
      ),
      /more elements than can be/,
    ],
  ])('is refused for %s', async (_, bytes, message) => {
    await expect(readBytes(bytes)).rejects.toThrow(message);
    await expect(readBytes(bytes)).rejects.toMatchObject({ name: 'AppError', code: 'model_unavailable' });
  });

  it('is refused for a file that is not there, with the reason', async () => {
    await expect(readGgufHeader('/nowhere/model.gguf')).rejects.toThrow('/nowhere/model.gguf cannot be read (ENOENT)');
  });

  it('never takes the program down, whatever is in the file', async () => {
    const path = join(temporaryFolder(), 'fuzz.gguf');
    await buildGguf({ path, embeddingLength: 32, blockCount: 1, vocabularySize: 264 });
    const valid = readFileSync(path).subarray(0, 12_000);
    const mutated = fc
      .tuple(
        fc.array(fc.tuple(fc.nat(valid.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 12 }),
        fc.nat(valid.length),
      )
      .map(([changes, length]) => {
        const bytes = Buffer.from(valid);
        for (const [at, value] of changes) bytes[at] = value;
        return bytes.subarray(0, length);
      });
    const headed = fc.uint8Array({ maxLength: 400 }).map((rest) => rawHeader(3n, 1n, Buffer.from(rest)));
    const before = process.memoryUsage().arrayBuffers;
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 600 }), headed, mutated), async (bytes) => {
        writeFileSync(path, bytes);
        try {
          const header = await readGgufHeader(path);
          expect(header.fileBytes).toBe(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
        }
      }),
      { numRuns: 500 },
    );
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200e6);
  });
});

describe('the builder of GGUF files', () => {
  it('gives the same bytes for the same seed, and others for another', async () => {
    const folder = temporaryFolder();
    const digests = await Promise.all(
      [1, 1, 2].map(async (seed, index) => (await buildGguf({ path: join(folder, `${index}.gguf`), seed })).sha256),
    );
    expect(digests[0]).toBe(digests[1]);
    expect(digests[2]).not.toBe(digests[0]);
  });

  it('comes close to the size that is asked for', async () => {
    const folder = temporaryFolder();
    for (const targetBytes of [1e6, 20e6, 70e6]) {
      const { bytes } = await buildGguf({ path: join(folder, 'sized.gguf'), targetBytes });
      expect(Math.abs(bytes / targetBytes - 1)).toBeLessThan(0.03);
    }
  });

  it('makes encoders, with a head for ranking where one is asked for', async () => {
    const path = join(temporaryFolder(), 'rank.gguf');
    await buildGguf({ path, architecture: 'bert', pooling: 'rank' });
    const header = await readGgufHeader(path);
    expect(header).toMatchObject({ architecture: 'bert', chatTemplate: false, contextLength: 512 });
    expect(header.metadata.get('bert.pooling_type')).toBe(4);
    expect(header.tensors.map(({ name }) => name)).toContain('cls.output.weight');
  });

  it.each([
    [{ vocabularySize: 100 }, /vocabularySize is 100/],
    [{ embeddingLength: 96, headCount: 5 }, /does not divide evenly/],
    [{ pooling: 'rank' } as const, /needs architecture bert/],
  ])('refuses %o', async (options, message) => {
    await expect(buildGguf({ path: join(temporaryFolder(), 'x.gguf'), ...options })).rejects.toThrow(message);
  });

  it('makes the fallback model once', async () => {
    const paths = { modelsDir: temporaryFolder() };
    const { path } = await generatedModel({ paths });
    const { chatTemplate, name } = await readGgufHeader(path);
    expect([chatTemplate, name]).toEqual([true, 'Generated chat model']);
    const before = readFileSync(`${path}.json`, 'utf8');
    await generatedModel({ paths });
    expect(readFileSync(`${path}.json`, 'utf8')).toBe(before);
    expect(locateModel({ path }, { paths })).toEqual({ path });
  });
});
