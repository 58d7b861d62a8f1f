import { z } from 'zod';

import type { ResolvedProfile } from './load.ts';
import { ProfileFile } from './schema.ts';
import type { Path } from './tree.ts';
import { treeAt } from './tree.ts';

const SECRET_NAME = /key|token|secret|password|passwd|credential/i;

/**
 * The profile as a file would say it that extends nothing and leaves nothing to defaults: reading it gives the same profile.
 * What may be a secret is not shown: a text from a variable with such a name stays a reference to it, and the value of an
 * environment variable with such a name is replaced.
 */
export function describeProfile({ profile, parsed, tree }: ResolvedProfile): Record<string, unknown> {
  const { name: _name, description: _description, extends: _extends, defaults: _defaults, ...rest } = parsed;
  const settings = z.encode(ProfileFile, { ...rest, defaults: {} });
  const { defaults: _none, ...shown } = settings as Record<string, unknown>;
  const description = profile.description === undefined ? {} : { description: profile.description };
  const complete = { name: profile.name, ...description, ...shown };
  return withoutSecrets(complete, [], (path, value) => {
    const node = treeAt(tree, path);
    const origin = node?.kind === 'scalar' ? node.origin : undefined;
    if (origin?.variables.some((variable) => SECRET_NAME.test(variable))) return origin.reference;
    const isEnvironment = path[0] === 'experts' && path.at(-2) === 'env';
    return isEnvironment && !origin && SECRET_NAME.test(path.at(-1) ?? '') ? '[secret]' : value;
  }) as Record<string, unknown>;
}

function withoutSecrets(value: unknown, path: Path, show: (path: Path, value: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item, index) => withoutSecrets(item, [...path, String(index)], show));
  if (typeof value !== 'object' || value === null) return show(path, value);
  return Object.fromEntries(
    Object.entries(value).map(([key, below]) => [key, withoutSecrets(below, [...path, key], show)]),
  );
}
