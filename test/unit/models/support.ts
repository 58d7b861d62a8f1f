import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';

import { onTestFinished } from 'vitest';

/** A folder that is gone when the test is over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'orchestrator-models-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A server on loopback for the time of the test; the address has no slash at its end. */
export async function serve(listener: RequestListener, host = '127.0.0.1'): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => void server.listen(0, '0.0.0.0', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://${host}:${(server.address() as AddressInfo).port}`;
}

export interface ZipMember {
  readonly name: string;
  readonly data: Buffer;
  readonly stored?: boolean;
}

/** A zip file as Python's wheels are made. */
export function makeZip(members: readonly ZipMember[]): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, data, stored } of members) {
    const packed = stored ? data : deflateRawSync(data);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(stored ? 0 : 8, 4);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(Buffer.byteLength(name), 22);
    const directory = Buffer.alloc(46);
    directory.writeUInt32LE(0x02014b50, 0);
    common.copy(directory, 6);
    directory.writeUInt32LE(offset, 42);
    central.push(directory, Buffer.from(name));
    const header = Buffer.concat([Buffer.from('PK\u0003\u0004'), common, Buffer.from(name), packed]);
    local.push(header);
    offset += header.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, directory, end]);
}

/**
 * A folder to be put in front of PATH whose `python3 -m pip download … --dest FOLDER NAME==VERSION` copies `NAME.whl` from the
 * folder itself.
 */
export function fakePip(wheels: Readonly<Record<string, Buffer>>): string {
  const folder = temporaryFolder();
  for (const [name, bytes] of Object.entries(wheels)) writeFileSync(join(folder, `${name}.whl`), bytes);
  const script = `#!/bin/sh
for last; do previous=$current; current=$last; done
name=\${current%%==*}
if [ ! -f "${folder}/$name.whl" ]; then echo "ERROR: No matching distribution found for $current" >&2; exit 1; fi
/bin/cp "${folder}/$name.whl" "$previous/$name-1.0.0-py3-none-any.whl"
`;
  writeFileSync(join(folder, 'python3'), script, { mode: 0o755 });
  return folder;
}
