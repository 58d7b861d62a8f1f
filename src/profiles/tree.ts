/** A profile between YAML and settings: plain values, each of which remembers where it stands. Nothing here is ever changed. */
import type { Place } from './problems.ts';

export type Tree = Scalar | Mapping | Sequence;

export interface Scalar {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  readonly place: Place;
  /** Present where the value came from the environment. */
  readonly origin?: EnvironmentOrigin;
}

interface EnvironmentOrigin {
  /** The scalar as the file has it: `${NAME:-default}`. */
  readonly reference: string;
  readonly variables: readonly string[];
  /** The value as text, for a key that takes text where the value looks like a number. */
  readonly text: string;
}

export interface Mapping {
  readonly kind: 'mapping';
  readonly entries: ReadonlyMap<string, Entry>;
  readonly place: Place;
}

export interface Entry {
  readonly key: Place;
  readonly value: Tree;
}

interface Sequence {
  readonly kind: 'sequence';
  readonly items: readonly Tree[];
  readonly place: Place;
}

export type Path = readonly string[];

/** The tree below `path`; undefined where there is none. */
export function treeAt(tree: Tree | undefined, path: Path): Tree | undefined {
  return path.reduce<Tree | undefined>((current, key) => {
    if (current?.kind === 'mapping') return current.entries.get(key)?.value;
    return current?.kind === 'sequence' ? current.items[Number(key)] : undefined;
  }, tree);
}

/** Where the value of `path` stands, or the nearest thing above it that stands anywhere. */
export function placeOf(tree: Tree, path: Path): Place {
  for (let length = path.length; length > 0; length--) {
    const found = treeAt(tree, path.slice(0, length));
    if (!found) continue;
    // A missing key is shown at the key of the mapping that lacks it, not at the mapping's first line.
    return length < path.length ? keyPlaceOf(tree, path.slice(0, length)) : found.place;
  }
  return tree.place;
}

/** Where the last key of `path` itself stands. */
export function keyPlaceOf(tree: Tree, path: Path): Place {
  const parent = treeAt(tree, path.slice(0, -1));
  const key = path.at(-1);
  const entry = parent?.kind === 'mapping' && key !== undefined ? parent.entries.get(key) : undefined;
  return entry?.key ?? placeOf(tree, path);
}

export function toPlain(tree: Tree): unknown {
  if (tree.kind === 'scalar') return tree.value;
  if (tree.kind === 'sequence') return tree.items.map(toPlain);
  return Object.fromEntries([...tree.entries].map(([key, { value }]) => [key, toPlain(value)]));
}

/** The tree with every scalar passed through `change`; a part that aliases share is visited once for each use. */
export function mapScalars(tree: Tree, change: (scalar: Scalar, path: Path) => Scalar, path: Path = []): Tree {
  if (tree.kind === 'scalar') return change(tree, path);
  const below = (value: Tree, key: string) => mapScalars(value, change, [...path, key]);
  if (tree.kind === 'sequence') return { ...tree, items: tree.items.map((item, index) => below(item, String(index))) };
  const entries = [...tree.entries].map(
    ([key, entry]) => [key, { key: entry.key, value: below(entry.value, key) }] as const,
  );
  return { ...tree, entries: new Map(entries) };
}

/** A mapping with one entry put in, or taken out where `entry` is undefined. */
export function withEntry(mapping: Mapping, key: string, entry: Entry | undefined): Mapping {
  const entries = new Map(mapping.entries);
  if (entry) entries.set(key, entry);
  else entries.delete(key);
  return { ...mapping, entries };
}

/**
 * `over` laid upon `base`: mappings merge, everything else is replaced, and `null` takes away what is below.
 * A model (or an adapter) is one thing: where `over` says where to get it, nothing of the one below remains.
 */
export function mergeTrees(base: Tree, over: Tree): Tree {
  if (base.kind !== 'mapping' || over.kind !== 'mapping') return over;
  const entries = new Map(base.entries);
  for (const [key, entry] of over.entries) {
    const below = entries.get(key);
    const removes = entry.value.kind === 'scalar' && entry.value.value === null;
    if (below && removes) entries.delete(key);
    else if (below && !((key === 'model' || key === 'lora') && namesModel(entry.value))) {
      entries.set(key, { key: entry.key, value: mergeTrees(below.value, entry.value) });
    } else entries.set(key, entry);
  }
  return { kind: 'mapping', entries, place: over.place };
}

function namesModel(tree: Tree): boolean {
  return tree.kind === 'mapping' && ['path', 'hf', 'sources'].some((key) => tree.entries.has(key));
}
