import { INFERENCE_PATHS } from '../engines/routes.ts';
import { AppError } from '../shared/errors.ts';
import type { Identity } from './identity/contract.ts';
import { allowsRoute } from './identity/route-scopes.ts';

/** Who may use a route, by whatever method: everyone, everyone with a key, or administrators. A test compares this with the router. */
export type Policy = 'public' | 'user' | 'admin';

export const POLICIES: Readonly<Record<string, Policy>> = {
  ...Object.fromEntries(INFERENCE_PATHS.map((path) => [path, 'user'] as const)),
  '/health': 'public',
  '/healthz': 'public',
  '/readyz': 'public',
  '/metrics': 'user',
  '/stats': 'user',
  '/v1/models': 'user',
  '/v1/models/:id': 'user',
  '/api/experts': 'admin',
  '/api/experts/:id': 'admin',
  '/api/experts/:id/load': 'admin',
  '/api/experts/:id/unload': 'admin',
  '/api/experts/:id/pin': 'admin',
  '/api/experts/:id/unpin': 'admin',
  '/api/experts/:id/logs': 'admin',
  '/api/budget': 'admin',
  '/api/plan': 'admin',
  '/v1/feedback': 'user',
  '/api/requests/:id': 'user',
  '/api/usage': 'user',
  '/api/route': 'admin',
  '/api/route/candidates': 'admin',
  '/api/route/candidates/:id': 'admin',
  '/api/pause': 'admin',
  '/api/resume': 'admin',
  '/api/unload': 'admin',
  '/api/caches': 'admin',
  '/api/logs': 'admin',
  '/api/events': 'admin',
  '/api/knowledge': 'user',
  '/api/knowledge/documents': 'user',
  '/api/knowledge/documents/:id': 'user',
  '/api/knowledge/documents/:id/text': 'user',
  '/api/knowledge/documents/:id/approve': 'user',
  '/api/knowledge/collections': 'user',
  '/api/knowledge/collections/:id': 'user',
  '/api/knowledge/search': 'user',
  '/api/knowledge/learn': 'user',
  '/api/knowledge/export': 'user',
  '/api/memory': 'user',
  '/api/memory/search': 'user',
  '/api/memory/forget': 'user',
  '/api/memory/export': 'user',
  '/api/memory/import': 'user',
  '/api/memory/:id': 'user',
  '/api/memory/:id/approve': 'user',
  '/api/conversations': 'user',
  '/api/conversations/search': 'user',
  '/api/conversations/export': 'user',
  '/api/conversations/:id': 'user',
  '/api/feedback': 'user',
  '/api/feedback/export': 'user',
  '/api/feedback/:id': 'user',
  '/api/store': 'admin',
  '/api/store/backup': 'admin',
  '/api/store/restore': 'admin',
  '/v1/files': 'user',
  '/v1/files/:id': 'user',
  '/v1/files/:id/content': 'user',
  '/v1/vector_stores': 'user',
  '/v1/vector_stores/:id': 'user',
  '/v1/vector_stores/:id/search': 'user',
  '/v1/vector_stores/:id/files': 'user',
  '/v1/vector_stores/:id/files/:file': 'user',
  '/v1/vector_stores/:id/files/:file/content': 'user',
  '/v1/vector_stores/:id/file_batches': 'user',
  '/v1/vector_stores/:id/file_batches/:batch': 'user',
  '/v1/vector_stores/:id/file_batches/:batch/files': 'user',
  '/auth/register': 'public',
  '/auth/login': 'public',
  '/auth/refresh': 'public',
  '/auth/logout': 'public',
  '/auth/password': 'user',
  '/auth/me': 'user',
  '/api/users': 'admin',
  '/api/users/:user': 'admin',
  '/api/users/:user/keys': 'admin',
  '/api/keys': 'user',
  '/api/keys/:id': 'user',
  '/api/identity': 'admin',
  '/api/identity/rotate': 'admin',
  '/api/reload': 'admin',
  '/api/shutdown': 'admin',
};

const PATTERNS = Object.entries(POLICIES)
  .filter(([path]) => path.includes(':'))
  .map(([path, policy]) => ({
    expression: new RegExp(`^${path.replaceAll('/', '\\/').replaceAll(/:\w+/g, '[^/]+')}$`),
    policy,
  }));

/** What a URL is read as another path with: who asks for `/x/%2e%2e/y` or `/x/..\y` does not get what is allowed at `/x/:id/y`. */
const READ_OTHERWISE = /[\\#\s]|\/(?:\.|%2e){1,2}(?:\/|$)/i;

/** The policy of a path as it was sent; undefined: there is no such route. */
export function findPolicy(path: string): Policy | undefined {
  if (Object.hasOwn(POLICIES, path) && !path.includes(':')) return POLICIES[path];
  if (READ_OTHERWISE.test(path)) return undefined;
  return PATTERNS.find(({ expression }) => expression.test(path))?.policy;
}

/**
 * The one place where it is decided who may do what: undefined, or what is said to who may not. The experts that a key is restricted to
 * are `reachOf`'s matter.
 */
export function refusalOf(policy: Policy, path: string, { user, admin, scopes }: Identity): AppError | undefined {
  if (policy === 'public') return undefined;
  if (user === '') return new AppError('unauthorized', `${path} needs a key.`);
  if (policy === 'admin' && !admin) return new AppError('forbidden', `${path} needs an administrator's key.`);
  if (allowsRoute(scopes, path)) return undefined;
  return new AppError(
    'forbidden',
    `This key may not use ${path}; it may use ${scopes.routes?.join(', ') ?? 'nothing'} (scope routes).`,
  );
}
