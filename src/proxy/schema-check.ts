/** Limits on what is compiled inside an engine: JSON schemas, their patterns, and grammars. */
import { AppError } from '../shared/errors.ts';
import { isObject } from './json.ts';

const SCHEMA_DEPTH = 64;
const SCHEMA_SIZE = 256 * 1024;
const PATTERN_LENGTH = 512;
const PATTERN_NESTING = 32;
const GRAMMAR_SIZE = 64 * 1024;
const GRAMMAR_NESTING = 200;
/** Engines unroll repetitions. */
const REPETITIONS = 100_000;
const REPETITION_KEYS = new Set(['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties']);

/** Throws `parameter_refused` where compiling the schema could exhaust or crash an engine. */
export function checkSchema(schema: unknown, param: string): void {
  let size = 0;
  const visit = (value: unknown, path: string, depth: number, inProperties: boolean): void => {
    if (typeof value === 'string') size += value.length;
    size += 4;
    if (size > SCHEMA_SIZE) throw refuse(param, `\`${param}\` holds a schema of more than ${SCHEMA_SIZE} bytes`);
    if (typeof value !== 'object' || value === null) return;
    if (depth > SCHEMA_DEPTH) throw refuse(param, `\`${param}\` nests deeper than ${SCHEMA_DEPTH} levels`);
    if (Array.isArray(value)) {
      for (const entry of value as unknown[]) visit(entry, path, depth + 1, false);
      return;
    }
    for (const [key, entry] of Object.entries(value)) {
      size += key.length;
      // Inside `properties` a key is the name of a field, whatever it is called.
      if (!inProperties) checkKeyword(key, entry, `${path}.${key}`);
      visit(entry, `${path}.${key}`, depth + 1, !inProperties && (key === 'properties' || key === 'patternProperties'));
    }
  };
  visit(schema, param, 1, false);
}

function checkKeyword(key: string, value: unknown, path: string): void {
  if (key === 'pattern') checkPattern(value, path);
  else if (key === '$ref' && typeof value === 'string' && !value.startsWith('#')) {
    throw refuse(path, `\`${path}\` points outside of the schema; only references that begin with # are followed`);
  } else if (REPETITION_KEYS.has(key) && typeof value === 'number' && !(value >= 0 && value <= REPETITIONS)) {
    throw refuse(path, `\`${path}\` must lie between 0 and ${REPETITIONS}`);
  } else if (key === 'patternProperties' && isObject(value)) {
    for (const pattern of Object.keys(value)) checkPattern(pattern, path);
  }
}

/** Throws `parameter_refused` for a regular expression that is too long, too deep, not one, or backtracks without end. */
export function checkPattern(pattern: unknown, path: string): void {
  // A schema that describes schemas has `pattern` as an object; that is no regular expression.
  if (isObject(pattern) || pattern === undefined) return;
  if (typeof pattern !== 'string') throw refuse(path, `\`${path}\` must be a regular expression as a string`);
  if (pattern.length > PATTERN_LENGTH) {
    throw refuse(path, `\`${path}\` is a regular expression of more than ${PATTERN_LENGTH} characters`);
  }
  const shape = patternShape(pattern);
  if (shape.nesting > PATTERN_NESTING) {
    throw refuse(path, `\`${path}\` nests groups deeper than ${PATTERN_NESTING} levels`);
  }
  if (shape.nestedQuantifier) {
    throw refuse(path, `\`${path}\` repeats a group that repeats itself, as in (a+)+, which can take forever to match`);
  }
  if (shape.repetitions > REPETITIONS) {
    throw refuse(path, `\`${path}\` repeats more than ${REPETITIONS} times`);
  }
  if (!compiles(pattern)) throw refuse(path, `\`${path}\` is not a valid regular expression`);
}

function patternShape(pattern: string): { nesting: number; nestedQuantifier: boolean; repetitions: number } {
  /** For each open group, whether something in it repeats without bound. */
  const groups: boolean[] = [];
  let nesting = 0;
  let nestedQuantifier = false;
  let repetitions = 0;
  let inClass = false;
  /** Whether the part that just ended repeats inside. */
  let lastRepeats = false;
  for (let index = 0; index < pattern.length; index += 1) {
    const character = pattern[index];
    if (character === '\\') {
      index += 1;
      lastRepeats = false;
    } else if (inClass) {
      if (character === ']') inClass = false;
    } else if (character === '[') {
      inClass = true;
      lastRepeats = false;
    } else if (character === '(') {
      groups.push(false);
      nesting = Math.max(nesting, groups.length);
      lastRepeats = false;
    } else if (character === ')') {
      lastRepeats = groups.pop() ?? false;
      if (lastRepeats && groups.length > 0) groups[groups.length - 1] = true;
    } else if (character === '*' || character === '+' || character === '{') {
      const counted = character === '{' ? /^\{(\d+)(,?)(\d*)\}/.exec(pattern.slice(index, index + 40)) : undefined;
      if (character === '{' && !counted) continue;
      repetitions = Math.max(repetitions, Number(counted?.[1] ?? 0), Number(counted?.[3] ?? 0));
      const unbounded = !counted || (counted[2] === ',' && counted[3] === '') || Number(counted[3] || counted[1]) > 64;
      if (unbounded && lastRepeats) nestedQuantifier = true;
      if (unbounded && groups.length > 0) groups[groups.length - 1] = true;
      if (counted) index += counted[0].length - 1;
      lastRepeats = false;
    } else if (character !== '?') lastRepeats = false;
  }
  return { nesting, nestedQuantifier, repetitions };
}

function compiles(pattern: string): boolean {
  for (const flags of ['u', '']) {
    try {
      return new RegExp(pattern, flags) instanceof RegExp;
    } catch {
      // JSON schema allows both readings.
    }
  }
  return false;
}

/** Throws `parameter_refused` for a grammar whose recursion or size could exhaust an engine's stack or memory. */
export function checkGrammar(grammar: unknown, param: string): void {
  if (typeof grammar !== 'string') {
    throw new AppError('invalid_request', `\`${param}\` must be a grammar as a string`, { param });
  }
  if (grammar.length > GRAMMAR_SIZE) throw refuse(param, `\`${param}\` is larger than ${GRAMMAR_SIZE} bytes`);
  let depth = 0;
  for (let index = 0; index < grammar.length; index += 1) {
    const character = grammar[index];
    if (character === '\\') index += 1;
    else if (character === '(' || character === '[' || character === '{') depth += 1;
    else if (character === ')' || character === ']' || character === '}') depth = Math.max(0, depth - 1);
    if (depth > GRAMMAR_NESTING) throw refuse(param, `\`${param}\` nests deeper than ${GRAMMAR_NESTING} brackets`);
  }
  if (/\{[\d\s,]*\d{6}/.test(grammar)) throw refuse(param, `\`${param}\` repeats more than ${REPETITIONS} times`);
}

function refuse(param: string, message: string): AppError {
  return new AppError('parameter_refused', message, { param });
}
