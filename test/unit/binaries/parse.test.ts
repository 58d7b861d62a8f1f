import { describe, expect, it } from 'vitest';

import { backendOf, parseDevices, parseFlags, parseVersion, versionSlug } from '../../../src/binaries/parse.ts';
import { recording } from './programs.ts';

describe('the version', () => {
  it('is what stands after the colon, in builds of every age', () => {
    expect(parseVersion(recording('version.txt'))).toBe('0.7.0 (build 11669, commit Debian)');
    expect(parseVersion(recording('version-2024.txt'))).toBe('3947 (3aaf0a5b)');
    expect(parseVersion(`ggml_cuda_init: found 1 CUDA devices:\nversion: 7972 (e06088da0)\nbuilt with …`)).toBe(
      '7972 (e06088da0)',
    );
    expect(parseVersion('no such thing')).toBeUndefined();
  });

  it('names a folder', () => {
    expect(versionSlug('0.7.0 (build 11669, commit Debian)')).toBe('0.7.0-11669');
    expect(versionSlug('7972 (e06088da0)')).toBe('b7972');
    expect(versionSlug('../../odd / version')).not.toMatch(/[/ ]/);
  });
});

describe('the flags', () => {
  it('are found in every spelling', () => {
    const flags = new Set(parseFlags(recording('help.txt')));
    for (const flag of [
      '-h',
      '--help',
      '--usage',
      '--version',
      '-hf',
      '-hfr',
      '--hf-repo',
      '-kvu',
      '--kv-unified',
      '-no-kvu',
      '--no-kv-unified',
      '-lv',
      '--verbosity',
      '--log-verbosity',
      '-ctxcp',
      '--spec-draft-ngl',
      '-ngld',
      '--list-devices',
      '--fim-qwen-1.5b-default',
    ]) {
      expect(flags, flag).toContain(flag);
    }
    expect(flags.size).toBe(415);
  });

  it('of an old build are those of that age', () => {
    const flags = new Set(parseFlags(recording('help-2024.txt')));
    for (const flag of ['-fa', '--flash-attn', '-np', '--no-slots', '--embeddings']) expect(flags).toContain(flag);
    for (const flag of ['--jinja', '--slots', '--fit', '--cache-ram', '--list-devices', '-1'])
      expect(flags).not.toContain(flag);
  });

  it('may stand indented, and after the value of another spelling', () => {
    expect(
      parseFlags('  -ngl N, --n-gpu-layers N   layers\n  -o FILE,--out=FILE  file\n         - none: not a flag\n'),
    ).toEqual(['-ngl', '--n-gpu-layers', '-o', '--out']);
  });
});

describe('the devices', () => {
  it('are those listed that are GPUs', () => {
    expect(parseDevices(recording('list-devices-cuda.txt'))).toEqual([
      { name: 'CUDA0', description: 'NVIDIA GeForce RTX 4080 (16376 MiB, 15104 MiB free)' },
      { name: 'CUDA1', description: 'NVIDIA GeForce RTX 3060 (12288 MiB, 11987 MiB free)' },
    ]);
    expect(parseDevices(recording('list-devices-vulkan.txt')).map(({ name }) => name)).toEqual([
      'Vulkan0',
      'RPC[127.0.0.1:50052]',
    ]);
  });

  it('are none on a CPU build, and where the question is not known', () => {
    expect(parseDevices(recording('list-devices-cpu.txt'))).toEqual([]);
    expect(parseDevices(recording('list-devices-unknown.txt'))).toEqual([]);
  });

  it('tell the backend', () => {
    expect(backendOf(parseDevices(recording('list-devices-cuda.txt')))).toBe('cuda');
    expect(backendOf([])).toBe('cpu');
  });
});
