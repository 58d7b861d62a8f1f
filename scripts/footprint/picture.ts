import { crc32, deflateSync } from 'node:zlib';

/** A square PNG of so many pixels a side, in many colours. */
export function picture(side: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  // Eight bits for each of red, green and blue.
  header[8] = 8;
  header[9] = 2;
  const row = 1 + 3 * side;
  // The first byte of a row says how it is filtered: not at all.
  const rows = Buffer.from(Uint8Array.from({ length: side * row }, (_, at) => (at % row === 0 ? 0 : at * 37)));
  const chunks = [chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...chunks]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
