import type { KeyScopes } from '../../profiles/security-section.ts';

/** Who a request speaks for, and what it may do. */
export interface Identity {
  /** Of `auth: none`: `local`. On behalf of somebody: `KEYUSER/NAME`. */
  readonly user: string;
  readonly admin: boolean;
  /** What was shown: limits, usage and revocation go by it. `local`: nothing was asked for. */
  readonly credential: { readonly kind: 'local' | 'run' | 'profile-key' | 'key' | 'token'; readonly id: string };
  /** What the credential is restricted to; absent: nothing. */
  readonly scopes: KeyScopes;
  /** The front end's id of the conversation (`X-OpenWebUI-Chat-Id`), where the credential may act for others. */
  readonly conversation?: string | undefined;
}
