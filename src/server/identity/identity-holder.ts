import { AppError } from '../../shared/errors.ts';
import { delay } from '../../shared/clock.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { type Held, Holder, type Opener } from '../holder.ts';
import type { Settings } from '../settings.ts';
import type { Accounts } from './accounts.ts';
import type { People } from './authenticator.ts';
import type { Identity } from './contract.ts';
import type { LoginSettings } from './logins.ts';
import { unavailable } from './unavailable.ts';
import type { IdentityJson } from './views.ts';

export interface OpenIdentities extends Held<LoginSettings> {
  readonly accounts: Accounts;
}

export interface IdentityHolderOptions {
  readonly logger: Logger;
  /** Loads the code of all this. */
  readonly load: () => Promise<Opener<LoginSettings, OpenIdentities>>;
}

/** A key that was made at run time, or a token of a login: three parts, none empty. Nothing else is looked up. */
const FORM = /^(?:sk-orc-[\w-]{43}|[\w-]+\.[\w-]+\.[\w-]+)$/;
const LONGEST = 4_096;
/** The code of it is loaded within a moment. */
const LONGEST_WAIT_MS = 5_000;
const POLL_MS = 25;

/** Where the door and the routes find the accounts of `auth: users`. Without that nothing of it is loaded. */
export class IdentityHolder implements People {
  readonly #holder: Holder<LoginSettings, OpenIdentities>;
  #auth: Settings['profile']['security']['auth'] = 'none';

  constructor({ logger, load }: IdentityHolderOptions) {
    this.#holder = new Holder({
      logger,
      load,
      // They follow the store to wherever it is.
      placeOf: () => 'state',
      says: { open: 'accounts are open', failed: 'accounts are not available; keys of the profile count' },
    });
  }

  /** As soon as they are read. @throws AppError `route_not_found` where there are no accounts, `identity_unavailable`. */
  async get(): Promise<Accounts> {
    if (this.#auth !== 'users')
      throw new AppError(
        'route_not_found',
        `There are no accounts here (security.auth: ${this.#auth}). \`security: { auth: users }\` in the profile keeps some.`,
      );
    const accounts = await this.#opened();
    await accounts.opened();
    return accounts;
  }

  /** Undefined: there are none, or not yet. */
  peek(): Accounts | undefined {
    return this.#holder.base?.accounts;
  }

  view(): Pick<IdentityJson, 'state' | 'reason' | 'accounts' | 'administrators' | 'signingKeys'> {
    const { base, failure } = this.#holder;
    if (base) return base.accounts.view();
    const state = this.#auth === 'users' ? 'opening' : 'off';
    return { state, reason: failure ?? null, accounts: 0, administrators: 0, signingKeys: [] };
  }

  identify(presented: string, digest: string): Identity | Promise<Identity> {
    if (presented.length > LONGEST || !FORM.test(presented))
      throw new AppError('unauthorized', 'This key is not known here.');
    const { base } = this.#holder;
    if (base) return base.accounts.identify(presented, digest);
    return this.#opened().then((accounts) => accounts.identify(presented, digest));
  }

  counts(identity: Identity): boolean {
    return this.#holder.base?.accounts.counts(identity) ?? false;
  }

  /** Opens, closes, or tells what is open, as the settings want it. */
  apply({ profile }: Settings): void {
    const { security, experts } = profile;
    this.#auth = security.auth;
    this.#holder.want(security.auth === 'users' ? { security, experts: experts.map(({ id }) => id) } : undefined);
  }

  close(): Promise<void> {
    return this.#holder.close();
  }

  async #opened(): Promise<Accounts> {
    for (let waited = 0; waited < LONGEST_WAIT_MS; waited += POLL_MS) {
      const accounts = this.peek();
      if (accounts) return accounts;
      await delay(POLL_MS);
    }
    throw unavailable(this.#holder.failure);
  }
}
