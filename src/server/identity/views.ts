/** The JSON of `/auth/*`, `/api/users*`, `/api/keys*` and `/api/identity`, which the command line reads. Moments are ISO 8601. */
import type { KeyScopes } from '../../profiles/security-section.ts';
import type { Account, StoredKey } from '../../store/people-contract.ts';
import type { Identity } from './contract.ts';

export interface UserJson {
  user: string;
  admin: boolean;
  /** Whether there is a login by password. */
  password: boolean;
  /** Since when nothing of this person counts. */
  suspended: string | null;
  created: string;
  updated: string;
}

export interface UserListJson {
  users: UserJson[];
}

/** `DELETE /api/users/:user`: how many of each kind were erased (`memories`, `documents`, …). */
export interface RemovedUserJson {
  user: string;
  deleted: true;
  erased: Record<string, number>;
}

/** `POST /api/keys` and `/api/users/:user/keys`. */
export interface NewKeyJson {
  /** For a person: what it is for. */
  name?: string;
  admin?: boolean;
  /** ISO 8601; null: never. */
  expires?: string | null;
  scopes?: KeyScopes;
}

export interface KeyJson {
  id: string;
  user: string;
  name: string;
  prefix: string;
  scopes: KeyScopes;
  admin: boolean;
  expires: string | null;
  revoked: string | null;
  created: string;
  lastUsed: string | null;
}

export interface KeyListJson {
  keys: KeyJson[];
}

/** With the key itself, which is told this once. */
export interface MadeKeyJson extends KeyJson {
  key: string;
}

/** `POST /auth/register`, `/auth/login` and `/auth/refresh`. */
export interface LoginJson {
  user: string;
  access_token: string;
  token_type: 'Bearer';
  /** Seconds. */
  expires_in: number;
  /** Used once: the next one comes with the answer. */
  refresh_token: string;
}

/** `GET /auth/me`. */
export interface MeJson {
  user: string;
  admin: boolean;
  credential: Identity['credential'];
  scopes: KeyScopes;
  /** Null: a user without an account. */
  account: UserJson | null;
}

/** `GET /api/identity`; `POST /api/identity/rotate` answers it too. */
export interface IdentityJson {
  auth: 'none' | 'keys' | 'users';
  registration: 'closed' | 'open';
  /** `stale`: the store has been away so long that what was read of it does not count any more. */
  state: 'off' | 'opening' | 'ready' | 'stale';
  reason: string | null;
  accounts: number;
  /** Who are not suspended. */
  administrators: number;
  /** The one that signs first; `until` null: it signs still. */
  signingKeys: { kid: string; created: string; until: string | null }[];
}

export function userJson({ name, admin, password, suspended, created, updated }: Account): UserJson {
  return {
    user: name,
    admin,
    password: password !== null,
    suspended: momentOrNull(suspended),
    created: moment(created),
    updated: moment(updated),
  };
}

export function keyJson(key: StoredKey): KeyJson {
  return {
    id: key.id,
    user: key.user,
    name: key.name,
    prefix: key.prefix,
    scopes: key.scopes,
    admin: key.admin,
    expires: momentOrNull(key.expires),
    revoked: momentOrNull(key.revoked),
    created: moment(key.created),
    lastUsed: momentOrNull(key.lastUsed),
  };
}

export const moment = (milliseconds: number) => new Date(milliseconds).toISOString();
const momentOrNull = (milliseconds: number | null) => (milliseconds === null ? null : moment(milliseconds));
