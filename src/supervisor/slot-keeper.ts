import type { SlotProtocol } from '../engines/contract.ts';
import type { Clock } from '../shared/clock.ts';
import { messageOf } from '../shared/errors.ts';
import type { CacheFolder, KeptCache } from './cache-folder.ts';
import { callEngine } from './engine-call.ts';
import type { Upstream } from './host.ts';
import type { CacheNews } from './kept-caches.ts';
import { continues, type PromptMark } from './prompt-mark.ts';
import { choose, disown, newSlot, type Slot, WORTH_CHARS } from './slots.ts';

/** An unload waits no longer for its caches, whatever the disk does. */
const SAVE_TIMEOUT_MS = 5_000;
/** A prompt that takes longer to read than this is better computed. */
const RESTORE_TIMEOUT_MS = 10_000;
const ERASE_TIMEOUT_MS = 2_000;
/** Of the tokens that a restored prompt should have spared, this part tells that it did: tokens are not spread evenly over characters. */
const HELD_SHARE = 0.25;

/** What a request says of itself before it gets a slot. */
export interface SlotRequest {
  readonly user: string;
  readonly mark: PromptMark;
  /** One answer is asked for; with more, the engine computes in slots of its own choice. */
  readonly single: boolean;
  /** The client lets the engine use what it has computed before. */
  readonly reuse: boolean;
}

/** Prompt tokens of an answer, as the engine counted them. */
export interface PromptCounts {
  readonly total: number;
  /** Of them, those that it did not compute. */
  readonly cached: number;
}

export interface SlotBinding {
  /** To be set in the request. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The request is over; `counts` where the engine told them. */
  release(ok: boolean, counts: PromptCounts | undefined): void;
}

export interface SlotKeeperOptions {
  readonly slots: number;
  readonly protocol: SlotProtocol;
  /** By the settings of the moment. */
  readonly maxBytes: () => number;
  readonly build: string;
  readonly folder: CacheFolder;
  readonly upstream: Upstream;
  readonly clock: Clock;
  readonly report: (news: CacheNews) => void;
  readonly saveTimeoutMs?: number | undefined;
}

/**
 * Knows whose words each slot of a running engine holds, because it says which slot serves which request. A slot that changes hands is
 * begun afresh, and a file is read only into the slot that serves its own user next: nobody is ever answered from what another has
 * asked. One per engine.
 */
export class SlotKeeper {
  readonly #options: SlotKeeperOptions;
  readonly #slots: readonly Slot[];
  readonly #givenUp = new AbortController();
  #isWriting = false;

  constructor(options: SlotKeeperOptions) {
    this.#options = options;
    this.#slots = Array.from({ length: options.slots }, (_, id) => newSlot(id));
    options.folder.onErase = (user) => this.#forget(user);
  }

  /** Chooses the slot for a request and makes it ready for its user. Never rejects: what does not come back is computed. */
  async bind(request: SlotRequest): Promise<SlotBinding> {
    const { folder, protocol, clock } = this.#options;
    const found = request.reuse ? folder.find(request.user, request.mark) : undefined;
    const { slot, restore, chars } = choose(this.#slots, request.user, request.mark, found);
    const isOwn = slot.user === request.user;
    slot.holds += 1;
    slot.usedAt = clock.now();
    disown(slot);
    slot.user = request.user;
    const { epoch } = slot;
    const restored = restore && (await this.#restore(slot, restore)) ? restore : undefined;
    const isFresh = restore ? restored === undefined : !isOwn;
    return {
      fields: protocol.fields(slot.id, isFresh),
      release: (ok, counts) => {
        slot.holds -= 1;
        slot.usedAt = clock.now();
        if (restored && counts) this.#judge(restored, request.mark, chars, counts);
        if (!request.single) for (const any of this.#slots) disown(any);
        if (slot.epoch !== epoch) return;
        if (ok && counts) {
          slot.mark = request.mark;
          slot.promptTokens = counts.total;
          slot.unsaved = true;
        } else if (isFresh || restored) {
          // The engine may have refused the request: the words of another may be there still, or numbers that it has not looked at.
          slot.user = undefined;
        }
      },
    };
  }

  /** The engine was left in the middle of a file: it may write on, and hears nothing else meanwhile. */
  get isWriting(): boolean {
    return this.#isWriting;
  }

  /** Writes what is worth it and not written yet, the latest first, until the deadline. Never rejects. */
  async save(): Promise<void> {
    const { saveTimeoutMs = SAVE_TIMEOUT_MS, folder } = this.#options;
    const signal = AbortSignal.any([this.#givenUp.signal, AbortSignal.timeout(saveTimeoutMs)]);
    for (const slot of this.#worthSaving()) {
      if (signal.aborted || folder.closed) return;
      await this.#save(slot, signal);
    }
  }

  /** Nobody has the patience for saving any more. */
  giveUp(): void {
    this.#givenUp.abort();
  }

  /** The engine is gone, and with it what was not saved. */
  close(): void {
    const { folder } = this.#options;
    folder.onErase = undefined;
    if (folder.closed) return;
    for (const slot of this.#worthSaving())
      this.#tell('unsaved', slot.promptTokens, 'the engine ended before it was written');
    folder.sweep();
  }

  #worthSaving(): Slot[] {
    return this.#slots
      .filter(({ unsaved, mark }) => unsaved && mark && mark.chars >= WORTH_CHARS)
      .toSorted((one, other) => other.usedAt - one.usedAt);
  }

  async #save(slot: Slot, signal: AbortSignal): Promise<void> {
    const { upstream, protocol, folder, maxBytes, build, clock } = this.#options;
    const { user, mark, promptTokens } = slot;
    if (user === undefined || !mark) return;
    slot.unsaved = false;
    let file: string | undefined;
    try {
      file = folder.begin();
      const tokens = protocol.tokens(JSON.parse(await callEngine(upstream, protocol.save(slot.id, file), signal)));
      // A probe of ours may have taken a slot in between.
      if (tokens === undefined || tokens < promptTokens)
        throw new Error(`the slot held ${tokens ?? 'unknown'} tokens, and its prompt has ${promptTokens}`);
      const savedAt = clock.wallTime().toISOString();
      const kept = folder.commit(file, { user, build, mark, promptTokens, tokens, savedAt }, maxBytes());
      if (kept) this.#tell('saved', tokens, `${kept.bytes} bytes`);
      else if (!folder.closed) this.#tell('unsaved', tokens, `it alone needs more than keepCache, ${maxBytes()} bytes`);
    } catch (error) {
      this.#isWriting = signal.aborted;
      if (folder.closed) return;
      if (file !== undefined) folder.discard(file);
      this.#tell('unsaved', promptTokens, signal.aborted ? 'there was no time left to write it' : messageOf(error));
    }
  }

  async #restore(slot: Slot, kept: KeptCache): Promise<boolean> {
    const { upstream, protocol, folder, clock } = this.#options;
    const signal = AbortSignal.any([this.#givenUp.signal, AbortSignal.timeout(RESTORE_TIMEOUT_MS)]);
    try {
      const call = protocol.restore(slot.id, folder.fileOf(kept));
      const tokens = protocol.tokens(JSON.parse(await callEngine(upstream, call, signal)));
      if (tokens !== kept.tokens) throw new Error(`${tokens ?? 'unknown'} of its ${kept.tokens} tokens came back`);
      folder.used(kept, clock.wallTime());
      return true;
    } catch (error) {
      if (!signal.aborted) folder.forget(kept);
      this.#tell('lost', kept.tokens, signal.aborted ? 'there was no time left to read it' : messageOf(error));
      return false;
    }
  }

  /** The engine's own count of the first answer tells whether what was given back was of use. */
  #judge(kept: KeptCache, mark: PromptMark, chars: number, { total, cached }: PromptCounts): void {
    const expected = Math.round((kept.promptTokens * chars) / kept.mark.chars);
    if (cached >= expected * HELD_SHARE)
      return this.#tell('restored', cached, `${cached} of the ${total} tokens of the prompt were there`);
    // Models with a sliding window or a state can only go on from the end, unless the file holds checkpoints as well.
    if (continues(mark, kept.mark)) this.#options.folder.forget(kept);
    this.#tell('lost', kept.tokens, `the engine computed it again: it used ${cached} tokens of some ${expected}`);
  }

  /** Of one user, or of all: what the engine holds goes, and what is just being computed is not kept. */
  #forget(user: string | undefined): void {
    const { upstream, protocol } = this.#options;
    for (const slot of this.#slots) {
      if (slot.user === undefined || (user !== undefined && slot.user !== user)) continue;
      disown(slot);
      if (slot.holds > 0) continue;
      // Without it the next request begins the slot afresh all the same.
      callEngine(upstream, protocol.erase(slot.id), AbortSignal.timeout(ERASE_TIMEOUT_MS)).catch((error: unknown) =>
        this.#tell('lost', 0, `a slot was not emptied: ${messageOf(error)}`),
      );
    }
  }

  #tell(action: CacheNews['action'], tokens: number, reason: string): void {
    this.#options.report({ action, tokens, reason });
  }
}
