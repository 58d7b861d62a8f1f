import type { Context } from 'hono';

import type { ColdApp, ColdEnvironment } from '../cold-context.ts';
import { readObject } from '../read-object.ts';
import type { IdentityRoutesOptions } from './identity-paths.ts';
import type { Caller } from './logins.ts';
import { refuseRestricted } from './managed-keys.ts';
import { type MeJson, userJson } from './views.ts';

/** `/auth/*`: logging in and out, and who one is. */
export function addAuthRoutes(app: ColdApp, { identities, isKept }: IdentityRoutesOptions): void {
  app.post('/auth/register', async (context) => {
    const { logins } = await identities.get();
    const { user, password } = await readObject(context.req.raw, ['user', 'password']);
    return secret(context, await logins.register(callerOf(context), user, password, isKept), 201);
  });
  app.post('/auth/login', async (context) => {
    const { logins } = await identities.get();
    const { user, password } = await readObject(context.req.raw, ['user', 'password']);
    return secret(context, await logins.login(callerOf(context), user, password));
  });
  app.post('/auth/refresh', async (context) => {
    const { logins } = await identities.get();
    const { refresh_token: token } = await readObject(context.req.raw, ['refresh_token']);
    return secret(context, await logins.refresh(token));
  });
  app.post('/auth/logout', async (context) => {
    const { logins } = await identities.get();
    const { refresh_token: token } = await readObject(context.req.raw, ['refresh_token']);
    await logins.logout(context.env.identity, token);
    return context.json({ status: 'logged out' });
  });
  app.post('/auth/password', async (context) => {
    const { logins } = await identities.get();
    const { identity } = context.env;
    refuseRestricted(identity);
    const { old, new: next } = await readObject(context.req.raw, ['old', 'new']);
    await logins.changePassword(callerOf(context), identity, old, next);
    return context.json({ user: identity.user, status: 'changed' });
  });
  app.get('/auth/me', (context) => {
    const { user, admin, credential, scopes } = context.env.identity;
    const account = identities.peek()?.book.account(user);
    const me: MeJson = { user, admin, credential, scopes, account: account ? userJson(account) : null };
    return context.json(me);
  });
}

function callerOf(context: Context<ColdEnvironment>): Caller {
  return {
    address: context.env.outgoing?.req.socket.remoteAddress,
    agent: context.req.header('user-agent') ?? '',
  };
}

/** Kept by no cache on the way. */
export function secret(context: Context<ColdEnvironment>, body: object, status: 200 | 201 = 200): Response {
  return context.json(body, status, { 'cache-control': 'no-store' });
}
