import { describe, expect, it } from 'vitest';

import { complaint, pickMirror } from '../../../src/binaries/apt.ts';
import { libraryClosure, parsePackages, parsePrintedUris } from '../../../src/binaries/debian-packages.ts';

const stanza = (name: string, section: string, depends: string, more = '') =>
  `Package: ${name}\nVersion: 1:2-3\nArchitecture: amd64\nSection: ${section}\nSize: 10\nSHA256: abc\nDepends: ${depends}\n${more}Description: text\n more text\n`;

const ALL = parsePackages(
  [
    stanza(
      'llama.cpp-tools',
      'science',
      'libllama0 (= 1:2-3), debconf, wget | curl, debconf (>= 0.5) | debconf-2.0, libssl3t64 (>= 3.3.0)',
    ),
    stanza('libllama0', 'libs', 'libggml0 (>= 0.27), libc6'),
    stanza('libggml0', 'libs', 'libc6 (>= 2.43), libgomp1'),
    stanza(
      'libggml0-backend-cuda',
      'contrib/libs',
      'libcublas12, libcuda1 (>= 440) | libcuda.so.1 (>= 440), libcudart',
    ),
    stanza('libcublas12', 'non-free/libs', 'libc6'),
    stanza('libcudart12', 'non-free/libs', 'libc6', 'Provides: libcudart (= 12), libcudart-any\n'),
    stanza('libssl3t64', 'libs', 'libc6, openssl-provider-legacy'),
    stanza('openssl-provider-legacy', 'utils', 'libssl3t64'),
    stanza('libgomp1', 'libs', 'gcc-base (= 1), libc6'),
    stanza('libc6', 'libs', 'libgcc-s1'),
    stanza('libgcc-s1', 'libs', 'libc6'),
    stanza('debconf', 'admin', 'perl-base'),
    stanza('wget', 'web', 'libgnutls30t64'),
    stanza('libgnutls30t64', 'libs', 'libc6'),
  ].join('\n'),
);

describe('the packages of a build', () => {
  it('are the roots and the libraries below them; not what configures a system, nor what only that needs', () => {
    const names = (roots: string[]) =>
      libraryClosure(ALL, roots)
        .map(({ name }) => name)
        .sort();
    expect(names(['llama.cpp-tools'])).toEqual([
      'libc6',
      'libgcc-s1',
      'libggml0',
      'libgomp1',
      'libllama0',
      'libssl3t64',
      'llama.cpp-tools',
    ]);
    expect(names(['libggml0-backend-cuda'])).toEqual([
      'libc6',
      'libcublas12',
      'libcudart12',
      'libgcc-s1',
      'libggml0-backend-cuda',
    ]);
  });

  it('are read from the index with their digests', () => {
    expect(ALL[0]).toMatchObject({
      name: 'llama.cpp-tools',
      version: '1:2-3',
      architecture: 'amd64',
      size: 10,
      sha256: 'abc',
    });
    expect(ALL[0]?.depends).toContainEqual(['wget', 'curl']);
  });

  it('are asked for by the version that apt chose', () => {
    expect(
      parsePrintedUris(
        `'http://m/debian/pool/main/g/gmp/libgmp10_6.3.0%2bdfsg-5%2bb2_amd64.deb' libgmp10_2%3a6.3.0+dfsg-5+b2_amd64.deb 559860 MD5Sum:1\nNOTE: x\n`,
      ),
    ).toEqual(['libgmp10=2:6.3.0+dfsg-5+b2']);
  });
});

describe('the mirror', () => {
  it('is the host’s own for Debian’s archive, not for security updates or other vendors', () => {
    expect(
      pickMirror(
        'http://m/debian-security/\tDebian\tDebian-Security\nhttps://vendor/debian/\tVendor\tVendor\nhttp://m/debian/\tDebian\tDebian\n',
      ),
    ).toBe('http://m/debian/');
  });

  it('is told by its address where no list was fetched yet', () => {
    expect(pickMirror('http://m/debian-security/\t\t\nhttp://m/debian/\t\t\n')).toBe('http://m/debian/');
  });

  it('is not the host’s where that is no Debian', () => {
    expect(pickMirror('http://archive/ubuntu/\tUbuntu\tUbuntu\nmirror+file:/etc/m\tDebian\tDebian\n')).toBeUndefined();
    expect(pickMirror('')).toBeUndefined();
  });
});

it('apt’s complaint is shortened to its errors', () => {
  expect(complaint('Reading…\nE: Unable to locate package x\nmore\n')).toBe('E: Unable to locate package x');
  expect(complaint('')).toBe('nothing');
});
