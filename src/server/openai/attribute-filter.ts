import { isObject } from '../../proxy/json.ts';
import { refuseField } from '../knowledge/fields.ts';
import type { Attributes } from '../knowledge/fields.ts';

export type AttributeFilter = (attributes: Attributes) => boolean;

const DEEPEST = 8;
const MOST_CONDITIONS = 100;

type Value = string | number | boolean;
type Comparison = (attribute: Value | undefined, value: Value) => boolean;

/** An attribute that a document lacks is like nothing and differs from everything. */
const COMPARISONS: Readonly<Record<string, Comparison>> = {
  eq: (attribute, value) => attribute === value,
  ne: (attribute, value) => attribute !== value,
  gt: ordered((order) => order > 0),
  gte: ordered((order) => order >= 0),
  lt: ordered((order) => order < 0),
  lte: ordered((order) => order <= 0),
};
const MEMBERSHIPS: Readonly<Record<string, boolean>> = { in: true, nin: false };

/** OpenAI's `filters` of a search, as a question to the attributes of a document. @throws AppError `invalid_request`. */
export function attributeFilter(value: unknown): AttributeFilter {
  return read(value, { depth: 1, left: MOST_CONDITIONS });
}

function read(value: unknown, bounds: { depth: number; left: number }): AttributeFilter {
  bounds.left -= 1;
  if (!isObject(value) || bounds.depth > DEEPEST || bounds.left < 0)
    throw wrong(
      `is an object like {"type": "eq", "key": "year", "value": 2026}, at most ${DEEPEST} deep and ${MOST_CONDITIONS} in all`,
    );
  const { type, key, filters } = value;
  if (type === 'and' || type === 'or') {
    if (!Array.isArray(filters) || filters.length === 0) throw wrong(`"${type}" has a list of \`filters\``);
    bounds.depth += 1;
    const parts = filters.map((part) => read(part, bounds));
    bounds.depth -= 1;
    return (attributes) => parts[type === 'and' ? 'every' : 'some']((part) => part(attributes));
  }
  if (typeof type !== 'string' || typeof key !== 'string') throw wrong('has a `type` and a `key`');
  const attributeOf = (attributes: Attributes) => (Object.hasOwn(attributes, key) ? attributes[key] : undefined);
  const compared = value['value'];
  if (Object.hasOwn(COMPARISONS, type)) {
    if (!isValue(compared)) throw wrong(`"${type}" compares with a text, a number, true or false`);
    return (attributes) => COMPARISONS[type]?.(attributeOf(attributes), compared) ?? false;
  }
  if (Object.hasOwn(MEMBERSHIPS, type)) {
    if (!Array.isArray(compared) || compared.length > MOST_CONDITIONS || !compared.every(isValue))
      throw wrong(`"${type}" has a list of values`);
    const values = new Set<unknown>(compared);
    return (attributes) => values.has(attributeOf(attributes)) === MEMBERSHIPS[type];
  }
  throw wrong(`"${type.slice(0, 20)}" is none of eq, ne, gt, gte, lt, lte, in, nin, and, or`);
}

function ordered(holds: (order: number) => boolean): Comparison {
  return (attribute, value) => {
    if (typeof attribute !== typeof value || attribute === undefined || typeof attribute === 'boolean') return false;
    return holds(attribute === value ? 0 : attribute > value ? 1 : -1);
  };
}

const isValue = (value: unknown): value is Value =>
  typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));

const wrong = (reason: string) => refuseField('filters', `A filter ${reason}.`);
