import { crc32, inflateRawSync } from 'node:zlib';

import { harm, damaged, entryBytes, type ZipEntry } from './zip-directory.ts';

export interface Part {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Bytes of all markup together, as it is unpacked. */
const MOST_MARKUP = 256 << 20;
const MARKUP = /\.(?:xml|rels)$/i;
/** Word never writes it, and entities that are made of entities grow without end. */
const DOCTYPE = /<!(?:DOCTYPE|ENTITY)/i;

/** The markup in a document, unpacked within what its directory says; nothing else of it is opened. @throws Unreadable */
export function markupParts(bytes: Buffer, entries: readonly ZipEntry[]): Part[] {
  const wanted = entries.filter(({ name }) => MARKUP.test(name));
  if (wanted.reduce((sum, { size }) => sum + size, 0) > MOST_MARKUP)
    throw harm('unpacks to more than 256 MiB of markup');
  return wanted.map((entry) => {
    const part = unpacked(bytes, entry);
    if (DOCTYPE.test(part.toString('latin1'))) throw harm('defines entities of its own');
    return { name: entry.name, bytes: part };
  });
}

function unpacked(bytes: Buffer, entry: ZipEntry): Buffer {
  const packed = entryBytes(bytes, entry);
  if (!entry.isDeflated) return packed;
  let part: Buffer;
  try {
    part = inflateRawSync(packed, { maxOutputLength: Math.max(1, entry.size) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw harm('unpacks to more than it says');
    throw damaged();
  }
  if (part.length !== entry.size) throw damaged();
  return part;
}

/** A zip file of these parts, unpacked: what reads it finds only what was checked. */
export function storedZip(parts: readonly Part[]): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, bytes } of parts) {
    const encoded = Buffer.from(name, 'utf8');
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0);
    // The name is UTF-8.
    shared.writeUInt16LE(0x0800, 2);
    shared.writeUInt32LE(crc32(bytes), 10);
    shared.writeUInt32LE(bytes.length, 14);
    shared.writeUInt32LE(bytes.length, 18);
    shared.writeUInt16LE(encoded.length, 22);
    bodies.push(Buffer.from('PK\u0003\u0004', 'latin1'), shared, encoded, bytes);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\u0001\u0002\u0014\u0000', 'latin1'), shared, rest, encoded);
    offset += 30 + encoded.length + bytes.length;
  }
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 'latin1');
  end.writeUInt16LE(parts.length, 8);
  end.writeUInt16LE(parts.length, 10);
  end.writeUInt32LE(
    directory.reduce((sum, { length }) => sum + length, 0),
    12,
  );
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, ...directory, end]);
}
