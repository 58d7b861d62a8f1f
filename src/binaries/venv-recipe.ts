import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

import { packageRoot } from '../shared/package-root.ts';

const VenvBackend = z.strictObject({
  distribution: z.string(),
  version: z.string(),
  /** Requirements that stand in for those of the distribution that `replaced` matches. */
  first: z.array(z.string()),
  replaced: z.string().optional(),
  /** Metadata under which the distribution is found as well. */
  alias: z.strictObject({ name: z.string(), version: z.string() }).optional(),
  /** On the disk, about. */
  bytes: z.int(),
});

/** `engines/<engine>/pins.json` of an engine that lives in a virtual environment. */
const VenvPins = z.strictObject({
  about: z.string(),
  program: z.string(),
  uv: z.string(),
  python: z.string(),
  backends: z.record(z.enum(['cpu', 'cuda']), VenvBackend),
});

export type VenvBackend = z.output<typeof VenvBackend>;
export type VenvRecipe = z.output<typeof VenvPins> & { readonly engine: string };

/** The recipe of an engine that is installed as a Python environment; undefined for every other engine. */
export function readVenvRecipe(engine: string): VenvRecipe | undefined {
  const directory = join(packageRoot(), 'engines', engine);
  if (!/^[\w.-]+$/.test(engine) || existsSync(join(directory, 'sources.json'))) return undefined;
  if (!existsSync(join(directory, 'pins.json'))) return undefined;
  const pins = VenvPins.safeParse(JSON.parse(readFileSync(join(directory, 'pins.json'), 'utf8')));
  return pins.success ? { ...pins.data, engine } : undefined;
}
