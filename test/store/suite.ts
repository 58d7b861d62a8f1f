import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Store } from '../../src/store/contract.ts';
import { accountTests } from './accounts.ts';
import { backupTests } from './backup.ts';
import { collectionTests } from './collections.ts';
import { conversationTests } from './conversations.ts';
import { documentTests } from './documents.ts';
import { erasureTests } from './erasure.ts';
import { feedbackTests } from './feedback.ts';
import { isolationTests } from './isolation.ts';
import { memoryTests } from './memories.ts';
import { newDocument, newUser } from './parts.ts';
import { passageTests } from './passages.ts';
import { peopleBackupTests } from './people-backup.ts';
import { peopleIsolationTests } from './people-isolation.ts';
import { vectorTests } from './vectors.ts';

/** What every store has to do, however it is opened. Tests do not see each other: each has users of its own. */
export function storeSuite(name: string, open: () => Promise<Store>): void {
  // oxlint-disable-next-line vitest/valid-title -- the caller says which store it is
  describe(name, () => {
    let store: Store;
    beforeAll(async () => {
      store = await open();
      await store.users();
    });
    afterAll(() => store.close());

    it('is ready, and knows its engine', () => {
      expect(store.health()).toMatchObject({ state: 'ready', reason: null });
      expect(store.health().version).toMatch(/^\d+\.\d+\.\d+/);
    });

    const opened = () => store;
    collectionTests(opened);
    documentTests(opened);
    passageTests(opened);
    vectorTests(opened);
    backupTests(opened);
    isolationTests(opened);
    accountTests(opened);
    memoryTests(opened);
    conversationTests(opened);
    feedbackTests(opened);
    peopleBackupTests(opened);
    peopleIsolationTests(opened);
    erasureTests(opened);

    it('names everybody who has anything', async () => {
      const [one, two] = [newUser(), newUser()];
      await store.documents.create(one, newDocument());
      await store.collections.ensure(two, 'c');
      expect(await store.users()).toEqual(expect.arrayContaining([one, two]));
      expect(await store.users()).not.toContain(newUser());
    });

    it('refuses users whose names could become each other', async () => {
      for (const user of ['', 'a\0b', 'a\ud800', 'x'.repeat(600)]) {
        await expect((async () => store.documents.list(user))()).rejects.toMatchObject({ code: 'invalid_request' });
      }
    });
  });
}
