import { describe, expect, it } from 'vitest';

import { addressGroup } from '../../../../src/server/limits/address-group.ts';
import { Subjects } from '../../../../src/server/limits/subjects.ts';

describe('everybody whose limits are counted', () => {
  it('stays bounded under a flood of addresses, and first forgets who has full buckets', () => {
    const subjects = new Subjects(100);
    const busy = subjects.of('busy', 0);
    busy.active = 1;
    const indebted = subjects.of('indebted', 0);
    indebted.tokensFullAtMs = 1e9;
    for (let index = 0; index < 10_000; index += 1) subjects.of(`address ${index}`, 1_000);
    expect(subjects.size).toBeLessThanOrEqual(100);
    expect(subjects.of('busy', 1_000)).toBe(busy);
    expect(subjects.of('indebted', 1_000)).toBe(indebted);
  });

  it('where nobody has full ones, lets those go who are nearest to it', () => {
    const subjects = new Subjects(100);
    const worst = subjects.of('worst', 0);
    worst.requestsFullAtMs = 1e9;
    for (let index = 0; index < 1_000; index += 1) subjects.of(`a ${index}`, 0).requestsFullAtMs = 1_000 + index;
    expect(subjects.size).toBeLessThanOrEqual(100);
    expect(subjects.of('worst', 0)).toBe(worst);
  });
});

describe('what a limit for an address goes by', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
  ])('%s is %s', (address, group) => {
    expect(addressGroup(address)).toBe(group);
  });
});
