import { describe, expect, it } from 'vitest';

import { Holdings } from '../../../src/supervisor/holdings.ts';

const GiB = 2 ** 30;
const on = (name: string, footprint: Record<string, number>) => ({ name, footprint });

describe('what an engine holds', () => {
  it('is its reservation from the decision on, and what was measured where that is more', () => {
    const holdings = new Holdings<string>();
    holdings.reserve('a', on('gpu0', { ram: GiB, gpu0: 4 * GiB }));
    expect(holdings.held('a')).toMatchObject({ placement: 'gpu0', footprint: { ram: GiB, gpu0: 4 * GiB } });
    holdings.measure('a', { ram: GiB / 2 });
    holdings.measure('a', { gpu0: 5 * GiB });
    expect(holdings.held('a')?.footprint).toEqual({ ram: GiB, gpu0: 5 * GiB });
    holdings.measure('a', { gpu0: 3 * GiB });
    expect(holdings.held('a')?.footprint).toEqual({ ram: GiB, gpu0: 4 * GiB });
    expect(holdings.account('a')?.peak).toEqual({ ram: GiB / 2, gpu0: 5 * GiB });
  });

  it('is less while it sleeps, and all of it again from the decision to wake it', () => {
    const holdings = new Holdings<string>();
    holdings.reserve('a', on('gpu0', { ram: GiB, gpu0: 4 * GiB }));
    holdings.rest('a', { ram: 3 * GiB, gpu0: GiB / 2 });
    expect(holdings.held('a')?.footprint).toEqual({ ram: 3 * GiB, gpu0: GiB / 2 });
    holdings.reserve('a', on('gpu0', { ram: GiB, gpu0: 4 * GiB }));
    expect(holdings.held('a')?.footprint).toEqual({ ram: GiB, gpu0: 4 * GiB });
  });

  it('is nothing of RAM after its end', () => {
    const holdings = new Holdings<string>();
    holdings.reserve('a', on('cpu', { ram: GiB }));
    expect(holdings.release('a', 0, { gpu0: 0 })).toMatchObject({ reserved: { ram: GiB } });
    expect(holdings.held('a')).toBeUndefined();
  });
});

describe('memory of a device', () => {
  const ended = () => {
    const holdings = new Holdings<string>();
    holdings.reserve('a', on('gpu0', { ram: GiB, gpu0: 4 * GiB }));
    holdings.release('a', 1_000, { gpu0: GiB });
    return holdings;
  };

  it('is held after the end until a later look shows it free', () => {
    const holdings = ended();
    expect(holdings.held('a')?.footprint).toEqual({ gpu0: 4 * GiB });
    holdings.look({ gpu0: GiB }, 999);
    holdings.look({ gpu0: 5 * GiB }, 1_500);
    expect(holdings.isReturning('a')).toBe(true);
    expect(holdings.look({ gpu0: GiB + 50 * 2 ** 20 }, 2_000)).toEqual([]);
    expect(holdings.held('a')).toBeUndefined();
  });

  it('that has not come back in ten seconds is set aside, and credited when it does after all', () => {
    const holdings = ended();
    expect(holdings.look({ gpu0: 3 * GiB }, 11_001)).toEqual([{ pool: 'gpu0', bytes: 2 * GiB, before: GiB }]);
    expect([holdings.held('a'), holdings.quarantined('gpu0')]).toEqual([undefined, 2 * GiB]);
    holdings.look({ gpu0: 2 * GiB }, 12_000);
    expect(holdings.quarantined('gpu0')).toBe(GiB);
    holdings.look({ gpu0: GiB }, 13_000);
    expect(holdings.quarantined('gpu0')).toBe(0);
  });

  it('is not waited for where no device can be read', () => {
    const holdings = new Holdings<string>();
    holdings.reserve('a', on('gpu0', { gpu0: GiB }));
    holdings.release('a', 0, undefined);
    expect(holdings.held('a')).toBeUndefined();
  });
});
