import { chmodSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { probeProgram } from '../../../src/binaries/probe.ts';
import { pathsIn, serverScript, startsOf, temporaryFolder, writeExecutable } from './programs.ts';

const setUp = () => {
  const folder = temporaryFolder();
  return { folder, paths: pathsIn(folder), log: join(folder, 'starts'), program: join(folder, 'bin', 'llama-server') };
};

describe('a probe', () => {
  it('asks three questions once, and keeps the answers', async () => {
    const { paths, log, program } = setUp();
    writeExecutable(program, serverScript({ log, devices: '  CUDA0: NVIDIA L4 (22478 MiB, 22000 MiB free)' }));
    const first = await probeProgram(program, { paths });
    expect(first).toMatchObject({
      path: program,
      version: '0.7.0 (build 11669, commit Debian)',
      devices: [{ name: 'CUDA0', description: 'NVIDIA L4 (22478 MiB, 22000 MiB free)' }],
    });
    expect([...first.flags]).toEqual(['-h', '--help', '--version', '--list-devices', '-m', '--model']);
    expect(first.help).toContain('print usage');
    expect(await probeProgram(program, { paths })).toEqual(first);
    expect(startsOf(log)).toEqual(['--version', '--help', '--list-devices']);
    await probeProgram(program, { paths, fresh: true });
    expect(startsOf(log)).toHaveLength(6);
  });

  it('asks again when the program is another one, though size and time are the same', async () => {
    const { paths, log, program } = setUp();
    writeExecutable(program, serverScript({ log, version: '1111 (a)' }));
    const { atime, mtime } = statSync(program);
    expect((await probeProgram(program, { paths })).version).toBe('1111 (a)');
    writeFileSync(program, serverScript({ log, version: '2222 (a)' }));
    utimesSync(program, atime, mtime);
    expect((await probeProgram(program, { paths })).version).toBe('2222 (a)');
  });

  it('asks again when the program behind a launcher script is another one', async () => {
    const { folder, paths, program } = setUp();
    const behind = writeExecutable(join(folder, 'real server'), serverScript({ version: '1 (a)' }));
    writeExecutable(program, `#!/bin/sh\nexec "${behind}" "$@"\n`);
    expect((await probeProgram(program, { paths })).version).toBe('1 (a)');
    writeFileSync(behind, serverScript({ version: '22 (b)' }));
    expect((await probeProgram(program, { paths })).version).toBe('22 (b)');
  });

  it('asks again when what was kept is damaged', async () => {
    const { paths, log, program } = setUp();
    writeExecutable(program, serverScript({ log }));
    await probeProgram(program, { paths });
    const [kept = ''] = readdirSync(join(paths.cacheDir, 'probes'));
    writeFileSync(join(paths.cacheDir, 'probes', kept), '{"fingerprint":');
    await probeProgram(program, { paths });
    expect(startsOf(log)).toHaveLength(6);
    expect(JSON.parse(readFileSync(join(paths.cacheDir, 'probes', kept), 'utf8'))).toHaveProperty('devices');
  });

  it('of an old build that does not know --list-devices finds no devices', async () => {
    const { paths, program } = setUp();
    writeExecutable(
      program,
      `#!/bin/sh
case $1 in
  --version) echo 'version: 3947 (3aaf0a5b)' >&2 ;;
  --help) echo '--list-devices    said to be there' ;;
  *) echo "error: invalid argument: $1" >&2; exit 1 ;;
esac`,
    );
    expect((await probeProgram(program, { paths })).devices).toEqual([]);
  });

  it('gives the program an almost empty environment', async () => {
    const { paths, program } = setUp();
    writeExecutable(program, `#!/bin/sh\necho "version: $(env | cut -d= -f1 | sort | tr '\\n' ' ')"`);
    expect((await probeProgram(program, { paths })).version).toBe('HOME LANG PATH PWD');
  });
});

describe('a probe says why a program is of no use', () => {
  const refused = async (script: string, timeoutMs?: number) => {
    const { paths, program } = setUp();
    writeExecutable(program, script);
    return probeProgram(program, { paths, timeoutMs }).then(
      () => 'it was accepted',
      (error: { code: string; message: string }) => `${error.code}: ${error.message}`,
    );
  };

  it.each([
    [
      'a missing library',
      `echo "$0: error while loading shared libraries: libcudart.so.12: cannot open" >&2; exit 127`,
      /library libcudart\.so\.12 is missing/,
    ],
    [
      'a system too old',
      `echo "$0: /lib/libc.so.6: version \\\`GLIBC_2.43' not found" >&2; exit 1`,
      /newer system \(GLIBC_2\.43/,
    ],
    ['another processor', 'kill -ILL $$', /SIGILL/],
    ['a crash', 'kill -SEGV $$', /died of SIGSEGV/],
    ['no engine at all', 'echo what; exit 3', /exit code 3 and names no version, saying “what”/],
    ['a launcher to nowhere', 'exec /nowhere/llama-server', /exit code 127/],
  ])('%s', async (_name, body, expected) => {
    const text = await refused(`#!/bin/sh\n${body}\n`);
    expect(text).toMatch(/^engine_missing: /);
    expect(text).toMatch(expected);
    expect(text).toContain('orchestrator engine');
  });

  it('one that does not end', async () => {
    expect(await refused('#!/bin/sh\nexec sleep 600\n', 100)).toMatch(/did not end in time/);
  });

  it('one for another processor family', async () => {
    const { paths, program } = setUp();
    const elf = Buffer.alloc(64);
    elf.write('\x7fELF', 'latin1');
    elf.writeUInt16LE(process.arch === 'x64' ? 183 : 62, 18);
    writeExecutable(program, '');
    writeFileSync(program, elf);
    await expect(probeProgram(program, { paths })).rejects.toThrow(/is built for (arm64|x64), and this machine is/);
  });

  it('one that is not there, is a folder, or may not be executed', async () => {
    const { folder, paths, program } = setUp();
    await expect(probeProgram(program, { paths })).rejects.toThrow(/There is no program at/);
    await expect(probeProgram(folder, { paths })).rejects.toThrow(/not a program but a folder/);
    writeExecutable(program, serverScript({}));
    chmodSync(program, 0o644);
    await expect(probeProgram(program, { paths })).rejects.toThrow(/may not be executed/);
  });

  it('and stops asking when it is told to', async () => {
    const { paths, program } = setUp();
    writeExecutable(program, '#!/bin/sh\nexec sleep 600\n');
    const controller = new AbortController();
    const probe = probeProgram(program, { paths, signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(probe).rejects.toThrow('enough');
  });
});
