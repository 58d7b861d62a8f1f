import type { ColdApp } from '../cold-context.ts';
import { readObject } from '../read-object.ts';
import { AppError } from '../../shared/errors.ts';
import { secret } from './auth-routes.ts';
import type { IdentityRoutesOptions } from './identity-paths.ts';
import {
  type IdentityJson,
  keyJson,
  type KeyListJson,
  type RemovedUserJson,
  userJson,
  type UserListJson,
} from './views.ts';

const noUser = (name: string) =>
  new AppError('user_not_found', `There is no account "${name.slice(0, 64)}", and nothing is kept under this name.`, {
    param: 'user',
  });
const KEY_FIELDS = ['name', 'admin', 'expires', 'scopes'];

/** `/api/users*`, `/api/keys*` and `/api/identity`: accounts, their keys, and what tokens are signed with. */
export function addUserRoutes(app: ColdApp, { identities, eraseKept, settings }: IdentityRoutesOptions): void {
  app.get('/api/users', async (context) => {
    const accounts = [...(await identities.get()).book.accounts()];
    accounts.sort((one, other) => (one.name < other.name ? -1 : 1));
    return context.json({ users: accounts.map(userJson) } satisfies UserListJson);
  });
  app.post('/api/users', async (context) => {
    const accounts = await identities.get();
    const wanted = await readObject(context.req.raw, ['user', 'password', 'admin']);
    return context.json(userJson(await accounts.create(context.env.identity, wanted)), 201);
  });
  app.get('/api/users/:user', async (context) => {
    const accounts = await identities.get();
    return context.json(userJson(accounts.user(context.req.param('user'))));
  });
  app.patch('/api/users/:user', async (context) => {
    const accounts = await identities.get();
    const wanted = await readObject(context.req.raw, ['suspended', 'admin', 'password']);
    return context.json(userJson(await accounts.change(context.env.identity, context.req.param('user'), wanted)));
  });
  app.delete('/api/users/:user', async (context) => {
    const user = context.req.param('user');
    const accounts = settings().profile.security.auth === 'users' ? await identities.get() : undefined;
    // Users of a front end have no account, and with `auth: keys` nobody has.
    const erased = accounts?.book.account(user)
      ? await accounts.remove(context.env.identity, user)
      : await eraseKept(user);
    if (!erased) throw noUser(user);
    return context.json({ user, deleted: true, erased } satisfies RemovedUserJson);
  });

  app.get('/api/users/:user/keys', async (context) => {
    const accounts = await identities.get();
    const { name } = accounts.user(context.req.param('user'));
    return context.json({ keys: accounts.book.keysOf(name).map(keyJson) } satisfies KeyListJson);
  });
  app.post('/api/users/:user/keys', async (context) => {
    const { keys } = await identities.get();
    const wanted = await readObject(context.req.raw, KEY_FIELDS);
    return secret(context, await keys.create(context.env.identity, context.req.param('user'), wanted), 201);
  });
  app.get('/api/keys', async (context) => {
    const { book } = await identities.get();
    return context.json({ keys: book.keysOf(context.env.identity.user).map(keyJson) } satisfies KeyListJson);
  });
  app.post('/api/keys', async (context) => {
    const { keys } = await identities.get();
    const wanted = await readObject(context.req.raw, KEY_FIELDS);
    return secret(context, await keys.create(context.env.identity, context.env.identity.user, wanted), 201);
  });
  app.delete('/api/keys/:id', async (context) => {
    const { keys } = await identities.get();
    return context.json(keyJson(await keys.revoke(context.env.identity, context.req.param('id'))));
  });

  const view = (): IdentityJson => {
    const { auth, registration } = settings().profile.security;
    return { auth, registration, ...identities.view() };
  };
  app.get('/api/identity', (context) => context.json(view()));
  app.post('/api/identity/rotate', async (context) => {
    (await identities.get()).rotate();
    return context.json(view());
  });
}
