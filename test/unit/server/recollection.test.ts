import { describe, expect, it } from 'vitest';

import { Recollection } from '../../../src/server/recollection.ts';

describe('Recollection', () => {
  it('keeps the last few thousand conversations, those that were asked for among them', () => {
    const recollection = new Recollection();
    const where = { expert: 'a', domain: 'general', confidence: 1 };
    recollection.remember('first', where);
    for (let index = 0; index < 4_095; index += 1) recollection.remember(`other ${index}`, where);
    expect(recollection.recall('first')).toBe(where);
    recollection.remember('one more', where);
    expect(recollection.recall('first')).toBe(where);
    expect(recollection.recall('other 0')).toBeUndefined();
    expect(recollection.recall('other 1')).toBe(where);
  });
});
