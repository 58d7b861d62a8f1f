import { describe, expect, it } from 'vitest';

import { HostCheck, isLoopback, originAllowed, plainAddress } from '../../../src/server/host-check.ts';

const LOCAL = '127.0.0.1';
const LAN = '192.168.1.7';

describe('the host of a request', () => {
  it.each([
    'localhost',
    'localhost:8082',
    'LOCALHOST:8082',
    '127.0.0.1',
    '127.0.0.1:8082',
    '127.9.9.9:1',
    '[::1]',
    '[::1]:8082',
    'box.lan',
    'Box.LAN:8082',
  ])('%s is ours', (host) => {
    expect(new HostCheck(['box.lan']).allows(host, LOCAL)).toBe(true);
  });

  it.each([
    undefined,
    '',
    'evil.example',
    'evil.example:8082',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'localhost/evil',
    'localhost@evil.example',
    'localhost:8082:8082',
    'localhost:port',
    'a b',
    '::1',
    '[::1',
    '[::ffff:10.0.0.1]:80',
    '10.0.0.1',
    '0.0.0.0:8082',
    'localhost.',
    'a'.repeat(300),
  ])('%s is not', (host) => {
    const check = new HostCheck(['box.lan']);
    expect(check.allows(host, LOCAL)).toBe(false);
    expect(check.allows(host, LOCAL), 'nor when it is asked again').toBe(false);
  });

  it('may be the very address that the connection came in on, on a wildcard bind too', () => {
    const check = new HostCheck(['::']);
    expect(check.allows(`${LAN}:8082`, LAN)).toBe(true);
    expect(check.allows(`${LAN}:8082`, `::ffff:${LAN}`)).toBe(true);
    expect(check.allows(`${LAN}:8082`, LOCAL), 'another address of this machine').toBe(false);
    expect(check.allows('[fe80::1]:8082', 'fe80::1')).toBe(true);
    expect(check.allows('evil.example', LAN)).toBe(false);
  });

  it('is judged anew after a flood of others', () => {
    const check = new HostCheck([]);
    for (let number = 0; number < 2_500; number += 1) check.allows(`evil-${number}.example`, LOCAL);
    expect(check.allows('localhost', LOCAL)).toBe(true);
    expect(check.allows('evil-1.example', LOCAL)).toBe(false);
  });
});

describe('the origin of a request', () => {
  it.each([
    [undefined, 'localhost:8082', true],
    ['http://localhost:8082', 'localhost:8082', true],
    ['https://box.lan', 'box.lan', true],
    ['null', 'localhost:8082', false],
    ['', 'localhost:8082', false],
    ['http://evil.example', 'localhost:8082', false],
    ['http://localhost:3000', 'localhost:8082', false],
    ['http://localhost:8082.evil.example', 'localhost:8082', false],
    ['file://', 'localhost:8082', false],
    ['http://undefined', undefined, false],
  ])('%s at %s: %s', (origin, host, allowed) => {
    expect(originAllowed(origin, host)).toBe(allowed);
  });
});

it('addresses are told from names', () => {
  expect(['localhost', '::1', '127.0.0.1', '127.1.2.3'].every(isLoopback)).toBe(true);
  expect(['127.evil.example', '127.1', '0.0.0.0', '10.0.0.1', '::'].some(isLoopback)).toBe(false);
  expect(plainAddress('::ffff:10.0.0.1')).toBe('10.0.0.1');
  expect(plainAddress(undefined)).toBe('');
});
