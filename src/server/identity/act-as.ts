import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

import type { Identity } from './contract.ts';
import { isUserName } from './user-name.ts';

/** What `plainName` makes of names that are not plain: a name that looks like one is no plain name. */
const MADE_NAME = /^h-[0-9a-f]{40}$/;
const CONVERSATION = /^(?!\.{1,2}$)[\x21-\x7e]{1,128}$/;

/**
 * The user of a front end that a key speaks for: `X-OpenWebUI-User-Id` and `X-OpenWebUI-Chat-Id` count with the scope `actAs`, and are
 * not looked at without it. Nobody is an administrator on somebody's behalf.
 */
export function actingFor(identity: Identity, headers: IncomingHttpHeaders): Identity {
  if (!identity.scopes.actAs) return identity;
  const name = headers['x-openwebui-user-id'];
  const chat = headers['x-openwebui-chat-id'];
  const conversation = typeof chat === 'string' && CONVERSATION.test(chat) ? chat : undefined;
  if (typeof name === 'string' && name !== '') return { ...onBehalfOf(identity, name), conversation };
  return conversation === undefined ? identity : { ...identity, conversation };
}

/** The same for `user` of a body, where no header has said it already. */
export function actingForBody(identity: Identity, user: unknown): Identity {
  if (!isAnybody(identity) || typeof user !== 'string' || user === '') return identity;
  return onBehalfOf(identity, user);
}

/** A front end's key that does not say for whom it speaks: what it says may be anybody's. */
export function isAnybody({ scopes, user }: Pick<Identity, 'scopes' | 'user'>): boolean {
  return scopes.actAs === true && !user.includes('/');
}

function onBehalfOf(identity: Identity, name: string): Identity {
  return { ...identity, user: `${identity.user}/${plainName(name)}`, admin: false };
}

/** Two names never become one, whatever characters they have. */
function plainName(name: string): string {
  if (isUserName(name) && !MADE_NAME.test(name)) return name;
  return `h-${createHash('sha256').update(name).digest('hex').slice(0, 40)}`;
}
