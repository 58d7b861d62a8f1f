import type { z } from 'zod';

import type { Problem } from './problems.ts';
import { problemAt } from './problems.ts';
import { shapesAt } from './schema-walk.ts';
import { nearest } from './suggest.ts';
import type { Path, Tree } from './tree.ts';
import { keyPlaceOf, placeOf, toPlain, treeAt } from './tree.ts';

type Issue = z.core.$ZodIssue;

/** Zod's issues as sentences with places. Values are never repeated: they may be secrets. */
export function explainIssues(schema: z.ZodType, issues: readonly Issue[], tree: Tree): Problem[] {
  const plain = toPlain(tree);
  return flattenIssues(issues, tree).flatMap((issue) => explain(schema, issue, tree, plain));
}

/** Paths whose value looked like a number in the environment while the setting takes text. */
export function textPaths(issues: readonly Issue[], tree: Tree): Path[] {
  return flattenIssues(issues, tree)
    .filter((issue) => issue.code === 'invalid_type' && issue.expected === 'string')
    .map(pathOf)
    .filter((path) => {
      const node = treeAt(tree, path);
      return node?.kind === 'scalar' && node.origin !== undefined && typeof node.value !== 'string';
    });
}

/** Of every union only the branch that was meant; all paths from the root. */
function flattenIssues(issues: readonly Issue[], tree: Tree, base: readonly PropertyKey[] = []): Issue[] {
  return issues.flatMap((issue) => {
    const path = [...base, ...issue.path];
    if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [{ ...issue, path }];
    const branch = meantBranch(issue.errors, treeAt(tree, path.map(String)));
    return branch ? flattenIssues(branch, tree, path) : [{ ...issue, path }];
  });
}

/**
 * The branch of a union that the value comes nearest to. A scalar that is of the wrong type for a branch, or none of its
 * values, says nothing about that branch; where none is left, all are named together.
 */
function meantBranch(branches: readonly Issue[][], node: Tree | undefined): Issue[] | undefined {
  if (node?.kind !== 'mapping') {
    const near = branches.filter((issues) =>
      issues.every(({ code }) => code !== 'invalid_type' && code !== 'invalid_value'),
    );
    const isText = node?.kind === 'scalar' && typeof node.value === 'string';
    return near.length === 1 && !(isText && branches.some(offersValues)) ? near[0] : undefined;
  }
  const misfits = (issues: readonly Issue[]) =>
    issues.reduce((sum, issue) => {
      if (issue.code === 'unrecognized_keys') return sum + 2 * issue.keys.length;
      return sum + (issue.code === 'invalid_type' && !treeAt(node, issue.path.map(String)) ? 2 : 1);
    }, 0);
  return branches.toSorted((a, b) => misfits(a) - misfits(b))[0];
}

function offersValues(issues: readonly Issue[]): boolean {
  return issues.some(({ code }) => code === 'invalid_value');
}

function explain(schema: z.ZodType, issue: Issue, tree: Tree, plain: unknown): Problem[] {
  const path = pathOf(issue);
  if (issue.code === 'unrecognized_keys') {
    const known = shapesAt(schema, issue.path, plain).flatMap((shape) => Object.keys(shape));
    return issue.keys.map((key) => {
      const own = [...path, key];
      return problemAt(keyPlaceOf(tree, own), own, `unknown key${ofEngine(path, tree)}`, nearest(key, known));
    });
  }
  if (issue.code === 'invalid_key') {
    return [problemAt(keyPlaceOf(tree, path), path, issue.issues.map(({ message }) => message).join('; '))];
  }
  const node = treeAt(tree, path);
  if (!node) {
    const shapes = shapesAt(schema, issue.path.slice(0, -1), plain);
    const meaning = shapes
      .map((shape) => (shape[path.at(-1) ?? ''] as z.ZodType | undefined)?.description)
      .find(Boolean);
    return [problemAt(placeOf(tree, path), path, `is missing: ${meaning ?? expectation(issue)}`)];
  }
  const [message, suggestion] = describe(issue, node);
  return [problemAt(node.place, path, message, suggestion)];
}

function describe(issue: Issue, node: Tree): [message: string, suggestion?: string] {
  if (issue.code === 'too_small' || issue.code === 'too_big') return [boundOf(issue)];
  if (issue.code !== 'invalid_type' && issue.code !== 'invalid_value' && issue.code !== 'invalid_union') {
    return [issue.message];
  }
  if (issue.code === 'invalid_type' && ownMessage(issue)) return [issue.message];
  if (issue.code === 'invalid_type' && issue.expected === 'int') return ['expected a whole number'];
  const values = valuesOf(issue);
  const suggestion = node.kind === 'scalar' ? nearest(String(node.value), values.map(String)) : undefined;
  return [`expected ${expectation(issue)}, but this is ${kindOf(node, values.length > 0)}`, suggestion];
}

function pathOf(issue: Issue): string[] {
  return issue.path.map(String);
}

/** A neutral key may be known to one engine and not to another. */
function ofEngine(path: Path, tree: Tree): string {
  if (path.length !== 2 || path[0] !== 'experts') return '';
  const engine = treeAt(tree, [...path, 'engine']);
  return engine?.kind === 'scalar' ? ` for the engine ${engine.value}` : '';
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys',
  record: 'a map of keys',
};

function expectation(issue: Issue): string {
  if (issue.code === 'invalid_type') {
    return (TYPE_WORDS[issue.expected] ?? issue.expected) + (ownMessage(issue) ? ` (${issue.message})` : '');
  }
  if (issue.code === 'invalid_value') return oneOf(issue.values.map((value) => JSON.stringify(value)));
  if (issue.code === 'invalid_format') return `text (${issue.message})`;
  if (issue.code !== 'invalid_union') return issue.message;
  if (issue.errors.length === 0) return oneOf(valuesOf(issue).map((value) => JSON.stringify(value)));
  return oneOf([...new Set(issue.errors.flatMap((branch) => branch.slice(0, 1).map(expectation)))]);
}

/** Whether the schema brings its own words. */
function ownMessage(issue: Issue): boolean {
  return !issue.message.startsWith('Invalid input');
}

function oneOf(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

function valuesOf(issue: Issue): readonly unknown[] {
  if (issue.code === 'invalid_value') return issue.values;
  if (issue.code !== 'invalid_union') return [];
  return 'options' in issue && issue.options ? issue.options : issue.errors.flat().flatMap(valuesOf);
}

function kindOf(node: Tree, otherText: boolean): string {
  if (node.kind !== 'scalar') return node.kind === 'mapping' ? 'a map of keys' : 'a list';
  const from = node.origin ? ` from ${node.origin.variables.map((name) => `\${${name}}`).join(' and ')}` : '';
  if (node.value === null) return 'empty';
  if (typeof node.value === 'boolean') return `true or false${from}`;
  if (typeof node.value === 'number') return `a number${from}`;
  return (otherText ? 'other text' : 'text') + from;
}

function boundOf(issue: Extract<Issue, { code: 'too_small' | 'too_big' }>): string {
  const unit = issue.origin === 'array' ? ' in the list' : issue.origin === 'string' ? ' characters' : '';
  return issue.code === 'too_small' ? `at least ${issue.minimum}${unit}` : `at most ${issue.maximum}${unit}`;
}
