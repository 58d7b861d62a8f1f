import type { User } from '../store/contract.ts';
import type { StoredMemory } from '../store/people-contract.ts';
import { attributeOf } from './attributes.ts';

/** Ids of what is told whatever the question, and of what says who the user is, by their place among it (the smaller the earlier). */
export interface Standings {
  readonly always: ReadonlySet<string>;
  readonly profile: ReadonlyMap<string, number>;
}

interface Own {
  readonly always: Set<string>;
  readonly profile: Map<string, number>;
}

/** A reading of all memories of a user, beside which changes go on. */
export interface StandingFill {
  offer(memory: StoredMemory): void;
  /** It is complete: from now on this is what stands. */
  complete(): void;
  /** However it ended. */
  end(): void;
}

/** Names of the user's people come after all that is the user's own. */
const NAMES_OF_OTHERS = 100;

/** What of each user's memories stands without any question. Filled while the search index is, and kept up to date by who writes. */
export class Standing {
  readonly #known = new Map<User, Own>();
  readonly #fills = new Map<User, Set<{ readonly own: Own; readonly told: Set<string> }>>();

  /** Undefined: not read yet. */
  of(user: User): Standings | undefined {
    return this.#known.get(user);
  }

  begin(user: User): StandingFill {
    const fill = { own: { always: new Set<string>(), profile: new Map<string, number>() }, told: new Set<string>() };
    const fills = this.#fills.get(user) ?? new Set();
    this.#fills.set(user, fills.add(fill));
    return {
      offer: (memory) => {
        // What was told meanwhile is newer than what was read.
        if (!fill.told.has(memory.id)) put(fill.own, memory);
      },
      complete: () => {
        // It may have been let go of meanwhile.
        if (this.#fills.get(user)?.has(fill)) this.#known.set(user, fill.own);
      },
      end: () => {
        fills.delete(fill);
        if (fills.size === 0 && this.#fills.get(user) === fills) this.#fills.delete(user);
      },
    };
  }

  tell(user: User, memory: StoredMemory): void {
    for (const own of this.#all(user, memory.id)) put(own, memory);
  }

  removed(user: User, id: string): void {
    for (const own of this.#all(user, id)) drop(own, id);
  }

  /** It is read again with the index. */
  forget(user: User): void {
    this.#known.delete(user);
    this.#fills.delete(user);
  }

  #all(user: User, id: string): readonly Own[] {
    const fills = [...(this.#fills.get(user) ?? [])];
    for (const { told } of fills) told.add(id);
    const known = this.#known.get(user);
    return [...fills.map(({ own }) => own), ...(known ? [known] : [])];
  }
}

function put(own: Own, memory: StoredMemory): void {
  drop(own, memory.id);
  if (memory.state !== 'active' || memory.retracted !== null) return;
  if (memory.pinned || memory.kind === 'instruction') own.always.add(memory.id);
  const place = placeOf(memory);
  if (place !== undefined) own.profile.set(memory.id, place);
}

function drop(own: Own, id: string): void {
  own.always.delete(id);
  own.profile.delete(id);
}

function placeOf({ subject, attribute }: StoredMemory): number | undefined {
  const place = attributeOf(attribute)?.profile ?? undefined;
  if (place === undefined || subject === 'user') return place;
  return attribute === 'name' ? NAMES_OF_OTHERS : undefined;
}
