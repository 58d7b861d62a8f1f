import { parseYaml } from './parse-yaml.ts';
import type { Place, Problem } from './problems.ts';
import { problemAt } from './problems.ts';
import type { Path, Tree } from './tree.ts';
import { withEntry } from './tree.ts';

/**
 * Lays `--set key.path=value` upon the tree: the value is YAML (`3`, `true`, `5m`, `{path: x.gguf}`), `null` takes the key
 * away, a number in the path is an index of a list, and a key with dots is quoted (`experts."gpt-4.1".context=4096`).
 */
export function applyOverrides(tree: Tree, settings: readonly string[], directory: string, problems: Problem[]): Tree {
  return settings.reduce((current, setting) => applyOverride(current, setting, directory, problems), tree);
}

function applyOverride(tree: Tree, setting: string, directory: string, problems: Problem[]): Tree {
  const [, name, text] = /^((?:"[^"]*"|[^="])+)=([^]*)$/.exec(setting) ?? [];
  const path = name === undefined ? [] : splitPath(name.trim());
  const place: Place = { file: `--set ${path.join('.')}`.trim(), directory };
  if (text === undefined || path.length === 0) {
    problems.push(problemAt(place, [], 'write --set key.path=value, e.g. --set budget.maxLoadedExperts=1'));
    return tree;
  }
  const parsed = text.trim() === '' ? { tree: undefined, problems: [] } : parseYaml(text, place.file);
  if (parsed.problems.length > 0) {
    problems.push(...parsed.problems.slice(0, 1).map(({ message }) => problemAt(place, path, message)));
    return tree;
  }
  const value = parsed.tree ? relocate(parsed.tree, place) : ({ kind: 'scalar', value: '', place } as const);
  const result = setAt(tree, path, value, place);
  if (result) return result;
  problems.push(
    problemAt(place, path, 'the path leads through something that is neither a map nor a list of that length'),
  );
  return tree;
}

/** Empty where the path is not words joined by dots. */
function splitPath(name: string): string[] {
  const parts = name.match(/"[^"]+"|[^."]+/g) ?? [];
  return parts.join('.') === name ? parts.map((part) => part.replaceAll('"', '')) : [];
}

/** What stands on a command line has no line and column. */
function relocate(tree: Tree, place: Place): Tree {
  if (tree.kind === 'scalar') return { ...tree, place };
  if (tree.kind === 'sequence') return { ...tree, place, items: tree.items.map((item) => relocate(item, place)) };
  const entries = [...tree.entries].map(
    ([key, { value }]) => [key, { key: place, value: relocate(value, place) }] as const,
  );
  return { ...tree, place, entries: new Map(entries) };
}

function setAt(tree: Tree | undefined, path: Path, value: Tree, place: Place): Tree | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const isNull = tree?.kind === 'scalar' && tree.value === null;
  const target: Tree = !tree || isNull ? { kind: 'mapping', entries: new Map(), place } : tree;
  if (target.kind === 'scalar') return undefined;
  if (target.kind === 'sequence') {
    const index = /^\d+$/.test(key) ? Number(key) : -1;
    if (index < 0 || index > target.items.length) return undefined;
    const item = setAt(target.items[index], rest, value, place);
    return item && { ...target, items: target.items.toSpliced(index, 1, item) };
  }
  const old = target.entries.get(key);
  if (rest.length === 0 && value.kind === 'scalar' && value.value === null) return withEntry(target, key, undefined);
  const below = setAt(old?.value, rest, value, place);
  return below && withEntry(target, key, { key: old?.key ?? place, value: below });
}
