/** Fields of requests over documents, checked: what comes out is of its type and within its bounds. */
import { isObject, type JsonObject } from '../../proxy/json.ts';
import { AppError } from '../../shared/errors.ts';
import type { StoredDocument } from '../../store/contract.ts';

const MOST_NAMES = 100;
const LONGEST_NAME = 100;
const LONGEST_ID = 200;
/** OpenAI's bounds of metadata and attributes. */
const MOST_PAIRS = 16;
const LONGEST_KEY = 64;
const LONGEST_VALUE = 512;

export type Attributes = StoredDocument['attributes'];

export function refuseField(param: string, message: string): AppError {
  return new AppError('invalid_request', message, { param });
}

/** A text of 1 to `longest` characters; undefined where there is none. */
export function textField(value: unknown, param: string, longest: number): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && value.trim() !== '' && value.length <= longest) return value;
  throw refuseField(param, `\`${param}\` must be a text of 1 to ${longest} characters.`);
}

/** The title of a document: one line. */
export function titleField(value: unknown): string | undefined {
  const title = textField(value, 'title', 500);
  if (title === undefined || !hasControls(title)) return title;
  throw refuseField('title', '`title` must be one line without control characters.');
}

/**
 * What a new collection is called. `vs_` begins our ids: a name that looked like the id of somebody's would say whether there is
 * one.
 */
export function collectionName(value: unknown, param: string): string {
  const isName =
    typeof value === 'string' &&
    value.trim() === value &&
    value !== '' &&
    value.length <= LONGEST_NAME &&
    !hasControls(value) &&
    !/^(?:vs|doc)_/i.test(value);
  if (isName) return value;
  throw refuseField(
    param,
    `A collection has a name of 1 to ${LONGEST_NAME} characters, without control characters or space around it, that does not begin with "vs_".`,
  );
}

/** Names or ids of collections, from `collection` or `collections`; undefined where neither is said. */
export function collectionFields({ collection, collections }: JsonObject): readonly string[] | undefined {
  if (collection !== undefined && collections !== undefined)
    throw refuseField('collections', 'Give either `collection` or `collections`.');
  return idList(collection === undefined ? collections : [collection], 'collections');
}

/** A list of ids or names. */
export function idList(value: unknown, param: string): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  const isList =
    Array.isArray(value) &&
    value.length <= MOST_NAMES &&
    value.every((name) => typeof name === 'string' && name !== '' && name.length <= LONGEST_ID);
  if (isList) return value as string[];
  throw refuseField(param, `\`${param}\` must be a list of at most ${MOST_NAMES} texts.`);
}

export function wholeNumber(value: unknown, param: string, [least, most]: readonly [number, number]) {
  if (value === undefined || value === null) return undefined;
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= least && number <= most) return number;
  throw refuseField(param, `\`${param}\` must be a whole number from ${least} to ${most}.`);
}

export function yesOrNo(value: unknown, param: string): boolean | undefined {
  if (value === undefined || value === null || typeof value === 'boolean') return value ?? undefined;
  throw refuseField(param, `\`${param}\` must be true or false.`);
}

/** A moment as ISO 8601 or as milliseconds since 1970; answers milliseconds. */
export function momentField(value: unknown, param: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  const at = typeof value === 'string' ? Date.parse(value) : value;
  if (typeof at === 'number' && Number.isFinite(at)) return at;
  throw refuseField(param, `\`${param}\` must be a date like 2026-11-21 or 2026-11-21T09:00:00Z.`);
}

/** OpenAI's `attributes`: undefined where they are not said, empty where they are null. */
export function attributesField(value: unknown, param = 'attributes'): Attributes | undefined {
  return pairs(value, param, (one) => typeof one === 'boolean' || isStorable(one)) as Attributes | undefined;
}

/** OpenAI's `metadata`: texts alone. */
export function metadataField(value: unknown): Readonly<Record<string, string>> | undefined {
  return pairs(value, 'metadata', () => false) as Readonly<Record<string, string>> | undefined;
}

/** A whole number beyond 2^53 would come back as another one, or not go into the store at all. */
const isStorable = (value: unknown) =>
  typeof value === 'number' && Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));

function pairs(value: unknown, param: string, isMore: (value: unknown) => boolean): JsonObject | undefined {
  if (value === undefined) return undefined;
  if (value === null) return {};
  const isPairs =
    isObject(value) &&
    Object.keys(value).length <= MOST_PAIRS &&
    Object.entries(value).every(
      ([key, one]) =>
        key !== '' &&
        key !== '__proto__' &&
        key.length <= LONGEST_KEY &&
        (isMore(one) || (typeof one === 'string' && one.length <= LONGEST_VALUE)),
    );
  if (isPairs) return value;
  throw refuseField(
    param,
    `\`${param}\` has at most ${MOST_PAIRS} pairs, keys of at most ${LONGEST_KEY} characters and values of at most ${LONGEST_VALUE}; whole numbers up to 2^53.`,
  );
}

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROLS = /[\u0000-\u001F\u007F-\u009F]/;
const hasControls = (text: string) => CONTROLS.test(text);
