import { open } from 'node:fs/promises';

import { AppError } from '../shared/errors.ts';
import { ByteCursor } from './byte-cursor.ts';
import { FILE_TYPES, SCALAR_BYTES, TENSOR_TYPES, VALUE_TYPES } from './gguf-types.ts';
import type { ScalarType, ValueType } from './gguf-types.ts';

/** An array too long, or of too little use, to be kept: the tokenizer's, mostly. */
interface SkippedArray {
  readonly skipped: ValueType;
  readonly length: number;
}
type GgufScalar = string | number | bigint | boolean;
type GgufValue = GgufScalar | readonly GgufScalar[] | SkippedArray;

interface GgufTensor {
  readonly name: string;
  /** Elements in each dimension, the innermost first. */
  readonly dims: readonly number[];
  /** Number of the type in the file; `TENSOR_TYPES` names it. */
  readonly type: number;
  /** Bytes from the start of the data. */
  readonly offset: number;
  /** Undefined for a type that is not known here. */
  readonly bytes: number | undefined;
}

/** What the header of a GGUF file says. Sizes in bytes. */
export interface GgufHeader {
  readonly path: string;
  readonly version: number;
  /** Empty in a later part of a split file. */
  readonly architecture: string;
  readonly name: string | undefined;
  readonly contextLength: number | undefined;
  readonly embeddingLength: number | undefined;
  readonly feedForwardLength: number | undefined;
  readonly blockCount: number | undefined;
  /** One number, or one for each layer. */
  readonly headCount: number | readonly number[] | undefined;
  readonly headCountKv: number | readonly number[] | undefined;
  readonly vocabularySize: number | undefined;
  /** `Q4_K_M`, `F16`, …; a number where the type has no name here. */
  readonly fileType: string | undefined;
  readonly chatTemplate: boolean;
  readonly split: { readonly number: number; readonly count: number; readonly tensors: number | undefined } | undefined;
  readonly parameters: number;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: readonly GgufTensor[];
  readonly dataOffset: number;
  readonly fileBytes: number;
  /** Bytes that the tensors of this file need to be complete; larger than `fileBytes` when the file was cut. */
  readonly expectedBytes: number;
}

const LIMITS = {
  /** Far above what any converter writes; below what would take seconds to walk. */
  keys: 65_536,
  tensors: 1_048_576,
  arrayElements: 16_777_216,
  nameBytes: 65_535,
  stringBytes: 8_388_608,
  dimensions: 4,
  alignment: 1_048_576,
};
/** Arrays up to here are kept (one number for each layer, a few tags); longer ones are passed over. */
const KEPT_ELEMENTS = 1_024;

/**
 * Reads the header of a GGUF file (versions 2 and 3), by position and without the weights.
 * @throws AppError `model_unavailable` when the file cannot be read, is no GGUF file, or has counts that cannot be true.
 */
export async function readGgufHeader(path: string): Promise<GgufHeader> {
  const refuse = (what: string) => new AppError('model_unavailable', `${path} is not a usable GGUF file: ${what}.`);
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new AppError('model_unavailable', `${path} cannot be read (${error.code ?? error.message}).`, {
      cause: error,
    });
  });
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw refuse('it is not a file');
    return await new HeaderReader(path, new ByteCursor(file, stat.size, refuse), stat.size, refuse).read();
  } finally {
    await file.close();
  }
}

class HeaderReader {
  readonly #path: string;
  readonly #cursor: ByteCursor;
  readonly #size: number;
  readonly #refuse: (what: string) => Error;

  constructor(path: string, cursor: ByteCursor, size: number, refuse: (what: string) => Error) {
    this.#path = path;
    this.#cursor = cursor;
    this.#size = size;
    this.#refuse = refuse;
  }

  async read(): Promise<GgufHeader> {
    if (this.#size < 24) throw this.#refuse(`it has ${this.#size} bytes`);
    await this.#cursor.have(24);
    if (this.#cursor.take(4).toString('latin1') !== 'GGUF') throw this.#refuse('it does not begin with "GGUF"');
    const version = await this.#cursor.u32();
    if (version !== 2 && version !== 3) throw this.#refuse(`its version is ${version}; 2 and 3 are known`);
    const tensorCount = await this.#count('the number of tensors', LIMITS.tensors, 24);
    const keyCount = await this.#count('the number of keys', LIMITS.keys, 13);
    const metadata = await this.#metadata(keyCount);
    const alignment = metadata.get('general.alignment') ?? 32;
    if (typeof alignment !== 'number' || !Number.isInteger(alignment) || alignment < 1 || alignment > LIMITS.alignment)
      throw this.#refuse('general.alignment is not a sensible number');
    const tensors = await this.#tensors(tensorCount);
    const dataOffset = Math.ceil(this.#cursor.position / alignment) * alignment;
    return this.#summary(version, metadata, tensors, dataOffset);
  }

  /** A count that the rest of the file has room for, each element taking at least so many bytes. */
  async #count(what: string, limit: number, leastBytes: number): Promise<number> {
    const count = await this.#cursor.u64(what);
    if (count > limit) throw this.#refuse(`${what} is ${count}; at most ${limit} are believed`);
    if (count * leastBytes > this.#cursor.remaining)
      throw this.#refuse(`${what} is ${count}, more than its ${this.#size} bytes can hold`);
    return count;
  }

  async #string(what: string, limit: number): Promise<string> {
    const length = await this.#count(`the length of ${what}`, limit, 1);
    await this.#cursor.have(length);
    return this.#cursor.take(length).toString('utf8');
  }

  async #metadata(count: number): Promise<Map<string, GgufValue>> {
    const metadata = new Map<string, GgufValue>();
    for (let index = 0; index < count; index += 1) {
      const key = await this.#string('a key', LIMITS.nameBytes);
      metadata.set(key, await this.#value(key));
    }
    return metadata;
  }

  async #value(key: string): Promise<GgufValue> {
    const type = await this.#valueType(key);
    if (type === 'string') return this.#string(key, LIMITS.stringBytes);
    if (type !== 'array') return this.#scalar(type);
    const elementType = await this.#valueType(key);
    if (elementType === 'array') throw this.#refuse(`${key} is an array of arrays, which no engine reads`);
    const leastBytes = elementType === 'string' ? 8 : SCALAR_BYTES[elementType];
    const length = await this.#count(`the length of ${key}`, LIMITS.arrayElements, leastBytes);
    const skipped = { skipped: elementType, length } as const;
    if (elementType === 'string') {
      if (length > KEPT_ELEMENTS || key.startsWith('tokenizer.')) {
        await this.#skipStrings(key, length);
        return skipped;
      }
      const strings: string[] = [];
      for (let index = 0; index < length; index += 1) strings.push(await this.#string(key, LIMITS.stringBytes));
      return strings;
    }
    if (length > KEPT_ELEMENTS) {
      this.#cursor.skip(length * leastBytes);
      return skipped;
    }
    const values: GgufScalar[] = [];
    for (let index = 0; index < length; index += 1) values.push(await this.#scalar(elementType));
    return values;
  }

  async #valueType(key: string): Promise<ValueType> {
    const number = await this.#cursor.u32();
    const type = VALUE_TYPES[number];
    if (type === undefined)
      throw this.#refuse(`${JSON.stringify(key.slice(0, 80))} has value type ${number}; 0 to 12 are known`);
    return type;
  }

  /** A vocabulary has hundreds of thousands of strings: an await for each would be most of the time. */
  async #skipStrings(key: string, length: number): Promise<void> {
    const what = `the length of a string of ${key}`;
    for (let index = 0; index < length; index += 1) {
      if (!this.#cursor.holds(8)) await this.#cursor.have(8);
      this.#cursor.skip(this.#cursor.u64Held(what));
    }
  }

  async #scalar(type: ScalarType): Promise<GgufScalar> {
    await this.#cursor.have(SCALAR_BYTES[type]);
    return READ[type](this.#cursor.take(SCALAR_BYTES[type]));
  }

  async #tensors(count: number): Promise<GgufTensor[]> {
    const tensors: GgufTensor[] = [];
    for (let index = 0; index < count; index += 1) {
      const name = await this.#string('the name of a tensor', LIMITS.nameBytes);
      const dimensions = await this.#cursor.u32();
      if (dimensions > LIMITS.dimensions) throw this.#refuse(`tensor ${name} has ${dimensions} dimensions`);
      const dims: number[] = [];
      for (let axis = 0; axis < dimensions; axis += 1) dims.push(await this.#cursor.u64(`a dimension of ${name}`));
      const elements = elementsOf(dims);
      if (!Number.isSafeInteger(elements)) throw this.#refuse(`tensor ${name} has more elements than can be`);
      const type = await this.#cursor.u32();
      const offset = await this.#cursor.u64(`the offset of ${name}`);
      const known = TENSOR_TYPES[type];
      tensors.push({ name, dims, type, offset, bytes: known && Math.ceil(elements / known.elements) * known.bytes });
    }
    return tensors;
  }

  #summary(version: number, metadata: Map<string, GgufValue>, tensors: GgufTensor[], dataOffset: number): GgufHeader {
    const text = (key: string) => asText(metadata.get(key));
    const number = (key: string) => asNumber(metadata.get(key));
    // llama-gguf-split writes what is known of the model into the first part alone.
    const architecture = text('general.architecture') ?? (number('split.no') ? '' : undefined);
    if (architecture === undefined) throw this.#refuse('it does not name its general.architecture');
    const own = (key: string) => metadata.get(`${architecture}.${key}`);
    const fileType = number('general.file_type');
    const splitCount = number('split.count');
    const tokens = metadata.get('tokenizer.ggml.tokens');
    const last = tensors.reduce((end, tensor) => Math.max(end, tensor.offset + (tensor.bytes ?? 0)), 0);
    return {
      path: this.#path,
      version,
      architecture,
      name: text('general.name'),
      contextLength: asNumber(own('context_length')),
      embeddingLength: asNumber(own('embedding_length')),
      feedForwardLength: asNumber(own('feed_forward_length')),
      blockCount: asNumber(own('block_count')),
      headCount: asNumbers(own('attention.head_count')),
      headCountKv: asNumbers(own('attention.head_count_kv')) ?? asNumbers(own('attention.head_count')),
      vocabularySize: asNumber(own('vocab_size')) ?? lengthOf(tokens),
      fileType: fileType === undefined ? undefined : (FILE_TYPES[fileType] ?? `type ${fileType}`),
      chatTemplate: text('tokenizer.chat_template') !== undefined,
      split:
        splitCount === undefined || splitCount < 2
          ? undefined
          : { number: number('split.no') ?? 0, count: splitCount, tensors: number('split.tensors.count') },
      parameters: tensors.reduce((sum, tensor) => sum + elementsOf(tensor.dims), 0),
      metadata,
      tensors,
      dataOffset,
      fileBytes: this.#size,
      expectedBytes: tensors.length === 0 ? this.#cursor.position : dataOffset + last,
    };
  }
}

const READ: Readonly<Record<ScalarType, (bytes: Buffer) => GgufScalar>> = {
  u8: (bytes) => bytes.readUInt8(),
  i8: (bytes) => bytes.readInt8(),
  u16: (bytes) => bytes.readUInt16LE(),
  i16: (bytes) => bytes.readInt16LE(),
  u32: (bytes) => bytes.readUInt32LE(),
  i32: (bytes) => bytes.readInt32LE(),
  f32: (bytes) => bytes.readFloatLE(),
  bool: (bytes) => bytes.readUInt8() !== 0,
  u64: (bytes) => exact(bytes.readBigUInt64LE()),
  i64: (bytes) => exact(bytes.readBigInt64LE()),
  f64: (bytes) => bytes.readDoubleLE(),
};

const elementsOf = (dims: readonly number[]) => dims.reduce((product, dim) => product * dim, 1);

/** A number where one can hold the value, else the bigint. */
function exact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

const asText = (value: GgufValue | undefined) => (typeof value === 'string' && value !== '' ? value : undefined);
const asNumber = (value: GgufValue | undefined) => (typeof value === 'number' ? value : undefined);

function asNumbers(value: GgufValue | undefined): number | readonly number[] | undefined {
  if (Array.isArray(value)) return value.every((entry) => typeof entry === 'number') ? value : undefined;
  return asNumber(value);
}

function lengthOf(value: GgufValue | undefined): number | undefined {
  if (typeof value !== 'object') return undefined;
  return value.length;
}
