import { describe, expect, test } from 'vitest';

import { AppError, toAppError } from '../../../src/shared/errors.ts';

describe('anything thrown', () => {
  test('stays what it is where it is for a client', () => {
    const error = new AppError('no_room', 'There is none.');
    expect(toAppError(error)).toBe(error);
  });

  test.each(['ENOSPC', 'EDQUOT'])('is a full disk (507) where the system says %s', (code) => {
    const cause = Object.assign(new Error(`${code}: no space left on device`), { code, path: '/state/x' });
    const error = toAppError(cause);
    expect(error).toMatchObject({ code: 'storage_full', status: 507, cause });
    expect(error.message).toBe('The disk has no room for this (/state/x). Make room and try again.');
  });

  test.each([new Error('a defect'), 'a string', undefined])(
    'is a defect otherwise, and its words stay with us',
    (thrown) => {
      const error = toAppError(thrown);
      expect(error).toMatchObject({ code: 'internal', status: 500, cause: thrown });
      expect(error.message).not.toContain('defect');
    },
  );
});
