import { dirname, relative } from 'node:path';

import { substituteScalar } from './environment.ts';
import type { ProfileFolder } from './find.ts';
import { findProfile, readProfile } from './find.ts';
import { parseYaml } from './parse-yaml.ts';
import type { Problem } from './problems.ts';
import { ProfileError, problemAt } from './problems.ts';
import type { Mapping } from './tree.ts';
import { mergeTrees, withEntry } from './tree.ts';

/** Said by each file for itself. */
const OWN_KEYS = ['name', 'description', 'extends'];
const MAX_CHAIN = 16;

/**
 * A profile file laid upon what it extends, and that upon what it extends in turn.
 * @throws ProfileError where a file is missing, is no YAML mapping, or extends itself.
 */
export async function readLayers(
  file: string,
  folders: readonly ProfileFolder[],
  environment: NodeJS.ProcessEnv,
  problems: Problem[],
  onSource?: (file: string) => void,
): Promise<Mapping> {
  const chain: string[] = [];
  const layers: Mapping[] = [];
  for (let next: string | undefined = file; next !== undefined;) {
    onSource?.(next);
    const layer = await readLayer(next, problems);
    chain.push(next);
    layers.unshift(
      layers.length === 0 ? layer : OWN_KEYS.reduce((rest, key) => withEntry(rest, key, undefined), layer),
    );
    next = await baseOf(layer, chain, folders, environment);
  }
  return layers.reduce((base, over) => mergeTrees(base, over) as Mapping);
}

async function readLayer(file: string, problems: Problem[]): Promise<Mapping> {
  const parsed = parseYaml(await readProfile(file), file);
  problems.push(...parsed.problems);
  if (parsed.tree?.kind === 'mapping') return parsed.tree;
  if (parsed.tree) problems.push(problemAt(parsed.tree.place, [], 'a profile is a map of keys'));
  throw new ProfileError(problems);
}

async function baseOf(
  layer: Mapping,
  chain: readonly string[],
  folders: readonly ProfileFolder[],
  environment: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const entry = layer.entries.get('extends')?.value;
  if (entry?.kind !== 'scalar' || typeof entry.value !== 'string') return undefined;
  const { place } = entry;
  const refuse = (message: string, suggestion?: string) =>
    new ProfileError([problemAt(place, ['extends'], message, suggestion)]);
  const problems: Problem[] = [];
  const name = String(substituteScalar(entry, ['extends'], environment, problems).value);
  if (problems.length > 0) throw new ProfileError(problems);
  if (chain.length >= MAX_CHAIN) throw refuse(`more than ${MAX_CHAIN} profiles extend one another`);
  const here = dirname(place.file);
  // One's own `demo` may extend the shipped `demo`; a name that only files of the chain have is a circle, not a gap.
  const found = await findProfile(name, folders, here, chain)
    .catch(() => findProfile(name, folders, here))
    .catch((error: unknown) => {
      const [problem] = error instanceof ProfileError ? error.problems : [];
      throw problem ? refuse(`${name}: ${problem.message}`, problem.suggestion) : error;
    });
  if (!chain.includes(found)) return found;
  const circle = [...chain.slice(chain.indexOf(found)), found].map((file) => relative(dirname(found), file));
  throw refuse(`the profiles extend one another in a circle: ${circle.join(' → ')}`);
}
