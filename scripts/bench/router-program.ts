/** llama-server's router starts its models by /proc/self/exe: it must be the program itself, not a loader with the program as argument. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface RouterProgram {
  readonly command: string;
  readonly cwd?: string;
  readonly env: NodeJS.ProcessEnv;
  readonly remove: () => void;
}

/**
 * A build that brings its own C library runs through that library's loader. Here the program gets a copy that names the loader
 * itself, by a link whose path is short enough for the place it has in the file.
 */
export function routerProgram(program: string): RouterProgram {
  const script = readFileSync(program).subarray(0, 4_096).toString('latin1');
  const here = dirname(program);
  const inHere = (text: string) => text.replaceAll('$here', here);
  const loader = /exec "([^"]+)" --argv0 \S+ --library-path "([^"]+)" "([^"]+)"/.exec(script);
  if (!script.startsWith('#!') || !loader) return { command: program, env: process.env, remove: () => {} };
  const [, loaderPath = '', libraries = '', target = ''] = loader.map((part) => inHere(part));
  const cwd = /^cd "([^"]+)"/m.exec(script)?.[1];

  // Not the system's folder for temporary files, whose name may be long.
  const directory = mkdtempSync('/tmp/b');
  const link = join(directory, 'l');
  symlinkSync(loaderPath, link);
  const bytes = readFileSync(inHere(target));
  const { offset, size } = interpreterOf(bytes);
  if (link.length >= size)
    throw new Error(`${link} is too long for the ${size} bytes that name the loader in ${target}`);
  bytes.fill(0, offset, offset + size);
  bytes.write(link, offset, 'latin1');
  const command = join(directory, 'llama-server');
  writeFileSync(command, bytes);
  chmodSync(command, 0o755);
  return {
    command,
    ...(cwd === undefined ? {} : { cwd: inHere(cwd) }),
    env: { ...process.env, LD_LIBRARY_PATH: libraries },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** The PT_INTERP segment of a 64-bit little-endian ELF file. */
function interpreterOf(elf: Buffer): { offset: number; size: number } {
  const table = Number(elf.readBigUInt64LE(32));
  const [entrySize, count] = [elf.readUInt16LE(54), elf.readUInt16LE(56)];
  for (let index = 0; index < count; index += 1) {
    const header = table + index * entrySize;
    if (elf.readUInt32LE(header) !== 3) continue;
    return { offset: Number(elf.readBigUInt64LE(header + 8)), size: Number(elf.readBigUInt64LE(header + 32)) };
  }
  throw new Error('the program names no loader');
}
