import { beforeAll, describe, expect, it } from 'vitest';

import type { Store } from '../../src/store/contract.ts';
import type { FeedbackRepository, StoredFeedback } from '../../src/store/people-contract.ts';
import { newUser } from './parts.ts';
import { newFeedback } from './people-parts.ts';

export function feedbackTests(opened: () => Store): void {
  describe('feedback', () => {
    let feedback: FeedbackRepository;
    beforeAll(() => {
      feedback = opened().people.feedback;
    });

    it('is kept once for each request of a user, the last of it', async () => {
      const user = newUser();
      const given = newFeedback(user, { comment: 'bien' });
      const first = await feedback.put(given);
      expect(first).toEqual({ ...given, id: expect.stringMatching(/^fb_/), at: expect.any(Number) });
      const second = await feedback.put({ ...given, rating: 'down', comment: null, ideal: 'Mejor.' });
      expect(second).toMatchObject({ id: first.id, rating: 'down', comment: null, ideal: 'Mejor.' });
      expect(await feedback.list({ user })).toEqual([second]);
      const other = await feedback.put({ ...given, user: newUser() });
      expect(other.id).not.toBe(first.id);
      const racing = newFeedback(user);
      const puts = await Promise.all(Array.from({ length: 10 }, () => feedback.put(racing)));
      expect(new Set(puts.map(({ id }) => id)).size).toBe(1);
    });

    it('is listed newest first, of one user or of everybody, in pages, and removed', async () => {
      const [one, two] = [newUser(), newUser()];
      const made: StoredFeedback[] = [];
      for (let index = 0; index < 6; index += 1) {
        made.unshift(await feedback.put(newFeedback(index % 2 ? one : two, { rating: index < 3 ? 'up' : 'down' })));
      }
      const ids = async (filter: Parameters<FeedbackRepository['list']>[0]) =>
        (await feedback.list(filter))
          .flatMap(({ id }) => made.findIndex((each) => each.id === id))
          .filter((at) => at >= 0);
      expect(await ids({ user: one })).toEqual([0, 2, 4]);
      expect(await ids({})).toEqual([0, 1, 2, 3, 4, 5]);
      expect(await ids({ rating: 'up' })).toEqual([3, 4, 5]);
      expect(await ids({ user: one, rating: 'up', limit: 5 })).toEqual([4]);
      expect(await ids({ limit: 2 })).toEqual([0, 1]);
      expect(await ids({ after: made[1]!.id, limit: 2 })).toEqual([2, 3]);
      expect(await ids({ user: two, after: made[1]!.id })).toEqual([3, 5]);
      expect(await feedback.remove(one, made[0]!.id)).toBe(true);
      expect(await feedback.remove(one, made[0]!.id)).toBe(false);
      for (const { user, id } of made) await feedback.remove(user, id);
      expect((await opened().users()).filter((user) => user === one || user === two)).toEqual([]);
    });
  });
}
