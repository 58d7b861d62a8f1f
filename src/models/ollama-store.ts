import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

/** A model in Ollama's store, by the name that Ollama gives it. */
export interface OllamaModel {
  /** `llama3.2:3b`, `user/model`, `hf.co/owner/name:Q4_K_M`. */
  readonly name: string;
  /** The blob with the weights. */
  readonly path: string;
  readonly mmproj: string | undefined;
}

const Manifest = z.object({
  layers: z.array(z.object({ mediaType: z.string(), digest: z.string().regex(/^sha256:[0-9a-f]{64}$/) })),
});
const OWN_REGISTRY = 'registry.ollama.ai';
const OWN_NAMESPACE = 'library';
/** Registry, namespace (one or two), model, tag. */
const MOST_LEVELS = 6;

/** The models of a store (the folder with `manifests` and `blobs`) whose weights are one GGUF blob that is here. */
export async function readOllamaStore(store: string): Promise<OllamaModel[]> {
  const found: OllamaModel[] = [];
  for (const names of await manifestsBelow(join(store, 'manifests'))) {
    const manifest = await readManifest(join(store, 'manifests', ...names));
    const blobOf = (kind: string) => {
      const layers = manifest?.layers.filter(({ mediaType }) => mediaType === `application/vnd.ollama.image.${kind}`);
      const [layer, ...others] = layers ?? [];
      return layer && others.length === 0 ? join(store, 'blobs', layer.digest.replace(':', '-')) : undefined;
    };
    const path = blobOf('model');
    if (path === undefined || !(await isFile(path))) continue;
    const mmproj = blobOf('projector');
    found.push({ name: nameOf(names), path, mmproj: mmproj && (await isFile(mmproj)) ? mmproj : undefined });
  }
  return found;
}

function nameOf(names: readonly string[]): string {
  const [registry = '', ...rest] = names.slice(0, -1);
  const tag = names.at(-1) ?? 'latest';
  const path = registry === OWN_REGISTRY ? rest : [registry, ...rest];
  const short = registry === OWN_REGISTRY && path[0] === OWN_NAMESPACE ? path.slice(1) : path;
  return `${short.join('/')}${tag === 'latest' ? '' : `:${tag}`}`;
}

/** The paths of all manifests, as names below the folder. */
async function manifestsBelow(folder: string, names: readonly string[] = []): Promise<string[][]> {
  if (names.length > MOST_LEVELS) return [];
  const entries = await readdir(join(folder, ...names), { withFileTypes: true }).catch(() => []);
  const found: string[][] = [];
  for (const entry of entries.toSorted((one, other) => one.name.localeCompare(other.name, 'en'))) {
    const own = [...names, entry.name];
    if (entry.isDirectory()) found.push(...(await manifestsBelow(folder, own)));
    else if (entry.isFile() && names.length >= 2 && !entry.name.startsWith('.')) found.push(own);
  }
  return found;
}

async function readManifest(path: string): Promise<z.output<typeof Manifest> | undefined> {
  try {
    return Manifest.safeParse(JSON.parse(await readFile(path, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}
