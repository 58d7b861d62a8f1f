/** Who may use a route: everyone, everyone with a key, or administrators. Inference routes take a key; a test compares this with the router. */
export type Policy = 'public' | 'user' | 'admin';

export const POLICIES: Readonly<Record<string, Policy>> = {
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
  '/api/knowledge/backup': 'admin',
  '/api/knowledge/restore': 'admin',
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
  '/api/reload': 'admin',
  '/api/shutdown': 'admin',
};

const PATTERNS = Object.entries(POLICIES)
  .filter(([path]) => path.includes(':'))
  .map(([path, policy]) => ({
    expression: new RegExp(`^${path.replaceAll('/', '\\/').replaceAll(/:\w+/g, '[^/]+')}$`),
    policy,
  }));

/** The policy of a path as it was sent; undefined: there is no such route. */
export function findPolicy(path: string): Policy | undefined {
  if (Object.hasOwn(POLICIES, path) && !path.includes(':')) return POLICIES[path];
  return PATTERNS.find(({ expression }) => expression.test(path))?.policy;
}
