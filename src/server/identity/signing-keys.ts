import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { z } from 'zod';

import { writeFileAtomic } from '../../shared/atomic-file.ts';
import { messageOf } from '../../shared/errors.ts';

const SigningKey = z.object({
  kid: z.string(),
  /** 256 bits, base64url. */
  secret: z.string().min(43),
  created: z.number(),
  /** The longest that a token counts which it has signed, in milliseconds. */
  longest: z.number(),
  /** Until when tokens of it count; null: it signs still. */
  until: z.number().nullable(),
});
type SigningKey = z.output<typeof SigningKey>;
const SigningFile = z.object({ keys: z.array(SigningKey).min(1) });

/**
 * What tokens of logins are signed with: in the state directory, for its owner alone. After a rotation the key before goes on counting
 * until the last token that it has signed has ended.
 */
export class SigningKeys {
  readonly #path: string;
  readonly #hide: (secret: string) => void;
  #keys: readonly SigningKey[];

  /** Makes the file where there is none. @throws Error that names the file where it cannot be read. */
  constructor(path: string, hide: (secret: string) => void) {
    this.#path = path;
    this.#hide = hide;
    this.#keys = read(path) ?? [];
    for (const { secret } of this.#keys) hide(secret);
    if (!this.#keys.some(({ until }) => until === null)) this.#write([newKey(), ...this.#keys]);
  }

  /** The key that signs, for a token that counts so many milliseconds. */
  signing(lifetimeMs: number): { readonly kid: string; readonly secret: Uint8Array } {
    const current = this.#current();
    if (current.longest < lifetimeMs) {
      // Before the first such token is out.
      this.#write(this.#keys.map((key) => (key === current ? { ...key, longest: lifetimeMs } : key)));
    }
    return { kid: current.kid, secret: bytesOf(current) };
  }

  /** Undefined: there is none of this id, or its last token has ended. */
  find(kid: string): Uint8Array | undefined {
    const key = this.#keys.find((known) => known.kid === kid);
    return key && isKept(key) ? bytesOf(key) : undefined;
  }

  /** A new key signs from now on. */
  rotate(): void {
    const now = Date.now();
    const before = this.#keys.filter(isKept);
    this.#write([newKey(), ...before.map((key) => (key.until === null ? { ...key, until: now + key.longest } : key))]);
  }

  /** What can be shown of them, the one that signs first. */
  list(): readonly Pick<SigningKey, 'kid' | 'created' | 'until'>[] {
    return this.#keys.filter(isKept).map(({ kid, created, until }) => ({ kid, created, until }));
  }

  #current(): SigningKey {
    const current = this.#keys.find(({ until }) => until === null);
    if (!current) throw new Error(`${this.#path} has no key that signs.`);
    return current;
  }

  #write(keys: readonly SigningKey[]): void {
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    writeFileAtomic(this.#path, `${JSON.stringify({ keys }, null, 2)}\n`, 0o600);
    for (const { secret } of keys) this.#hide(secret);
    this.#keys = keys;
  }
}

function read(path: string): readonly SigningKey[] | undefined {
  try {
    return SigningFile.parse(JSON.parse(readFileSync(path, 'utf8'))).keys;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${path} cannot be read: ${messageOf(error)}. Remove it, and everybody logs in anew.`, {
      cause: error,
    });
  }
}

function newKey(): SigningKey {
  return {
    kid: randomBytes(9).toString('base64url'),
    secret: randomBytes(32).toString('base64url'),
    created: Date.now(),
    longest: 0,
    until: null,
  };
}

function isKept({ until }: SigningKey): boolean {
  return until === null || until > Date.now();
}

function bytesOf({ secret }: SigningKey): Uint8Array {
  return Buffer.from(secret, 'base64url');
}
