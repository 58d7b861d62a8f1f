import { dirname } from 'node:path';

import type { Alias, Node, YAMLMap, YAMLSeq } from 'yaml';
import { isAlias, isMap, isScalar, isSeq, Lexer, LineCounter, parseDocument } from 'yaml';

import type { Place, Problem } from './problems.ts';
import { problemAt } from './problems.ts';
import type { Entry, Path, Tree } from './tree.ts';

/** Characters that cannot cost much, whatever they are. */
const HARMLESS_LENGTH = 16_384;
/** Bounds that no honest profile comes near; what exceeds them is refused before any work is done on it. */
const MAX_TOKENS = 50_000;
const MAX_ALIASES = 1_000;
const MAX_DEPTH = 64;
/** Values after every alias is written out: the measure of an alias bomb. */
const MAX_VALUES = 20_000;

/**
 * YAML 1.2 (core schema, one document, no merge keys, no tags of its own) as a tree of values with their places.
 * `tree` is absent where the text is not YAML at all; otherwise `problems` may still be there (duplicate keys).
 */
export function parseYaml(text: string, file: string): { tree?: Tree; problems: Problem[] } {
  const start: Place = { file, directory: dirname(file), line: 1, column: 1 };
  const tooMuch = text.length > HARMLESS_LENGTH ? excess(text) : undefined;
  if (tooMuch) return { problems: [problemAt(start, [], tooMuch)] };
  const lines = new LineCounter();
  // Duplicate keys are found while the tree is built: yaml's own check compares every key with every other.
  const document = parseDocument(text, { lineCounter: lines, schema: 'core', uniqueKeys: false, prettyErrors: false });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { ...start, line, column: col };
  };
  const broken = [...document.errors, ...document.warnings];
  if (broken.length > 0) {
    return {
      problems: broken.slice(0, 5).map((error) => problemAt(placeAt(error.pos[0]), [], sentence(error.message))),
    };
  }
  if (!document.contents) return { problems: [problemAt(start, [], 'the file is empty')] };
  return new TreeBuilder(placeAt).build(document.contents);
}

/** Why the text is refused unread; a lexer pass costs a tenth of a parse. */
function excess(text: string): string | undefined {
  let tokens = 0;
  let aliases = 0;
  let depth = 0;
  for (const token of new Lexer().lex(text)) {
    const first = token[0];
    if (first === '*' && ++aliases > MAX_ALIASES) return `more than ${MAX_ALIASES} aliases`;
    if ((first === '[' || first === '{') && ++depth > MAX_DEPTH) return `nested deeper than ${MAX_DEPTH} levels`;
    if (first === ']' || first === '}') depth--;
    if (++tokens > MAX_TOKENS) return `far too long for a profile (more than ${MAX_TOKENS} YAML tokens)`;
  }
  return undefined;
}

function sentence(message: string): string {
  return `not valid YAML: ${message.split('\n')[0]}`;
}

class Refused extends Error {}

/** Walks the document in order, so that an anchor is known before its aliases, and a shared part is built once. */
class TreeBuilder {
  readonly #placeAt: (offset: number) => Place;
  readonly #anchors = new Map<string, Tree>();
  /** Values and levels of a tree with every alias written out. */
  readonly #extents = new Map<Tree, { size: number; depth: number }>();
  readonly #problems: Problem[] = [];

  constructor(placeAt: (offset: number) => Place) {
    this.#placeAt = placeAt;
  }

  build(contents: Node): { tree?: Tree; problems: Problem[] } {
    try {
      return { tree: this.#convert(contents, []), problems: this.#problems };
    } catch (error) {
      if (error instanceof Refused) return { problems: this.#problems };
      throw error;
    }
  }

  #convert(node: Node, path: Path): Tree {
    if (path.length > MAX_DEPTH) this.#refuse(node, path, `nested deeper than ${MAX_DEPTH} levels`);
    if (isAlias(node)) return this.#resolve(node, path);
    const tree = this.#collect(node, path);
    const children = tree.kind === 'mapping' ? [...tree.entries.values()].map(({ value }) => value) : [];
    if (tree.kind === 'sequence') children.push(...tree.items);
    const extents = children.map((child) => this.#extents.get(child) ?? { size: 1, depth: 0 });
    const size = extents.reduce((sum, extent) => sum + extent.size, 1);
    const depth = extents.reduce((deepest, extent) => Math.max(deepest, extent.depth), 0) + 1;
    if (size > MAX_VALUES) this.#refuse(node, path, `the aliases stand for more than ${MAX_VALUES} values`);
    if (depth > MAX_DEPTH) this.#refuse(node, path, `nested deeper than ${MAX_DEPTH} levels`);
    this.#extents.set(tree, { size, depth });
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, tree);
    return tree;
  }

  #collect(node: Node, path: Path): Tree {
    const place = this.#placeOf(node);
    if (isMap(node)) return { kind: 'mapping', entries: this.#entries(node, path), place };
    if (isSeq(node)) return { kind: 'sequence', items: this.#items(node, path), place };
    const value = isScalar(node) ? node.value : null;
    if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      return { kind: 'scalar', value, place };
    }
    return this.#refuse(node, path, 'only text, numbers, true, false and null are values here');
  }

  #entries(node: YAMLMap, path: Path): Map<string, Entry> {
    const entries = new Map<string, Entry>();
    for (const pair of node.items) {
      const keyNode = pair.key as Node;
      if (!isScalar(keyNode)) this.#refuse(keyNode ?? node, path, 'a key is a word, not a list, a map or an alias');
      const key = typeof keyNode.value === 'string' ? keyNode.value : (keyNode.source ?? String(keyNode.value));
      const place = this.#placeOf(keyNode);
      const first = entries.get(key);
      if (first) {
        this.#problems.push(problemAt(place, [...path, key], `the key is here twice; first on line ${first.key.line}`));
      } else if (key === '<<') {
        this.#problems.push(problemAt(place, path, 'merge keys (<<) are not YAML 1.2; use `defaults` or `extends`'));
      } else if (key === '__proto__') {
        this.#problems.push(problemAt(place, path, 'this key is not allowed'));
      } else {
        const value = pair.value as Node | null;
        // What is not there stands where its key stands.
        const isEmpty = !value || (isScalar(value) && value.value === null && !value.source);
        const below: Tree = isEmpty ? { kind: 'scalar', value: null, place } : this.#convert(value, [...path, key]);
        entries.set(key, { key: place, value: below });
      }
    }
    return entries;
  }

  #items(node: YAMLSeq, path: Path): Tree[] {
    // `- ? a` puts a pair where a value belongs.
    return node.items.map((item, index) => {
      const isNode = isAlias(item) || isMap(item) || isSeq(item) || isScalar(item);
      return isNode ? this.#convert(item, [...path, String(index)]) : this.#refuse(node, path, 'not a list of values');
    });
  }

  #resolve(alias: Alias, path: Path): Tree {
    const target = this.#anchors.get(alias.source);
    return target ?? this.#refuse(alias, path, `*${alias.source} stands for nothing that is complete before it`);
  }

  #placeOf(node: Node): Place {
    return this.#placeAt(node.range?.[0] ?? 0);
  }

  #refuse(node: Node, path: Path, message: string): never {
    this.#problems.push(problemAt(this.#placeOf(node), path, message));
    throw new Refused();
  }
}
