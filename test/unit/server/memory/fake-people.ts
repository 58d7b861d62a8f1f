/** Conversations and feedback in memory. */
import type {
  ConversationRepository,
  FeedbackRepository,
  StoredConversation,
  StoredFeedback,
  Turn,
} from '../../../../src/store/people-contract.ts';
import { page } from './pages.ts';

type Kept = { -readonly [Key in keyof StoredConversation]: StoredConversation[Key] } & { user: string; said: Turn[] };
type ListFilter = { readonly after?: string | undefined; readonly limit?: number | undefined };

const T0 = Date.UTC(2026, 0, 1);

export class FakeConversations implements ConversationRepository {
  readonly kept: Kept[] = [];

  async list(user: string, filter: ListFilter = {}) {
    return page(this.kept.filter((one) => one.user === user).toReversed(), filter);
  }
  async get(user: string, id: string) {
    return this.#find(user, id);
  }
  async append(user: string, id: string, turns: readonly Omit<Turn, 'ord'>[], title: string) {
    let one = this.#find(user, id);
    if (!one) {
      one = { user, id, title, created: T0, updated: T0, turns: 0, private: false, summarized: 0, said: [] };
      this.kept.push(one);
    }
    for (const turn of turns) one.said.push({ ...turn, ord: one.said.length });
    one.turns = one.said.length;
    return one;
  }
  async change(user: string, id: string, change: Partial<StoredConversation>) {
    const one = this.#find(user, id);
    return one && Object.assign(one, change);
  }
  async turns(user: string, id: string, from = 0, limit = 1_000) {
    return this.#find(user, id)?.said.slice(from, from + limit) ?? [];
  }
  async search(user: string, words: readonly string[], limit: number) {
    return this.kept
      .filter((one) => one.user === user)
      .flatMap(({ id, said }) => said.map((turn) => ({ ...turn, conversation: id })))
      .filter(({ text }) => words.every((word) => text.toLowerCase().includes(word.toLowerCase())))
      .slice(0, limit);
  }
  async remove(user: string, id: string) {
    const one = this.#find(user, id);
    if (one) this.kept.splice(this.kept.indexOf(one), 1);
    return one !== undefined;
  }
  async sweep() {
    return 0;
  }
  #find(user: string, id: string): Kept | undefined {
    return this.kept.find((one) => one.user === user && one.id === id);
  }
}

export class FakeFeedback implements FeedbackRepository {
  readonly kept: StoredFeedback[] = [];
  #count = 0;

  async put(given: Omit<StoredFeedback, 'id' | 'at'>) {
    const at = this.kept.findIndex(({ user, request }) => user === given.user && request === given.request);
    if (at >= 0) this.kept.splice(at, 1);
    this.#count += 1;
    const feedback = { ...given, id: `fb_${String(this.#count).padStart(20, '0')}`, at: T0 };
    this.kept.push(feedback);
    return feedback;
  }
  async list({ user, rating, ...filter }: Parameters<FeedbackRepository['list']>[0] & {} = {}) {
    const found = this.kept.filter(
      (one) => (user === undefined || one.user === user) && (rating === undefined || one.rating === rating),
    );
    return page(found.toReversed(), filter);
  }
  async remove(user: string, id: string) {
    const at = this.kept.findIndex((one) => one.user === user && one.id === id);
    if (at >= 0) this.kept.splice(at, 1);
    return at >= 0;
  }
}
