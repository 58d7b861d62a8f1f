import type { KeyScopes } from '../../profiles/security-section.ts';

type Matcher = (path: string) => boolean;

/** Scopes stay the same object as long as their key does. */
const MATCHERS = new WeakMap<readonly string[], Matcher>();

/** Whether a key with these scopes may use a path: one of `routes` is it, or begins it (`/v1/*`); `:id` stands for any one part. */
export function allowsRoute({ routes }: KeyScopes, path: string): boolean {
  if (routes === undefined) return true;
  let matcher = MATCHERS.get(routes);
  if (!matcher) MATCHERS.set(routes, (matcher = matcherOf(routes)));
  return matcher(path);
}

function matcherOf(routes: readonly string[]): Matcher {
  const expressions = routes.map((route) => {
    const parts = route.replace(/\*$/, '').replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+');
    return new RegExp(`^${parts}${route.endsWith('*') ? '' : '$'}`);
  });
  return (path) => expressions.some((expression) => expression.test(path));
}
