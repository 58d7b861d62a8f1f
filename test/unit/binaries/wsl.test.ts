import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { readWsl } from '../../../src/binaries/wsl.ts';

it.each([
  ['6.12.48-1-amd64', undefined],
  ['6.8.0-1021-azure', undefined],
  ['4.4.0-19041-Microsoft', 1],
  ['5.15.153.1-microsoft-standard-WSL2', 2],
  ['6.6.87.2-microsoft-standard', 2],
  ['6.6.0-microsoft-custom-WSL2+', 2],
])('the kernel %s is WSL %s', (kernel, version) => {
  expect(readWsl(kernel, '/nowhere')).toEqual(version && { version, hasGpu: false });
});

it('Windows passes its GPU on where there is a /dev/dxg', () => {
  const root = mkdtempSync(join(tmpdir(), 'wsl-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, 'dev'));
  writeFileSync(join(root, 'dev', 'dxg'), '');
  expect(readWsl('5.15.153.1-microsoft-standard-WSL2', root)).toEqual({ version: 2, hasGpu: true });
});
