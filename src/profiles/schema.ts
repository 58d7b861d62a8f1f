import { z } from 'zod';

import type { ExpertBase, ProcessSettings } from '../engines/contract.ts';
import type { EngineName } from '../engines/registry.ts';
import { ENGINE_NAMES, ENGINES } from '../engines/registry.ts';
import {
  commonShape,
  DomainName,
  Duration,
  FilePath,
  modelShape,
  processShape,
  Size,
  Utterances,
} from '../engines/settings.ts';
import { Knowledge } from './knowledge-section.ts';
import { Conversations, Feedback, Memory } from './memory-section.ts';
import { Security } from './security-section.ts';

/** Used by an expert that names no engine, where `defaults.engine` names none either. */
export const DEFAULT_ENGINE: EngineName = 'llama-server';

/** Part of paths, headers and file names, so no more than this. */
const ExpertId = z
  .string()
  .regex(
    /^[A-Za-z0-9][\w.-]{0,63}$/,
    'an expert id begins with a letter or digit and has up to 64 letters, digits and . - _',
  );

/** One expert: its engine decides which further keys there are, and each adapter owns its own. */
type ExpertOptions = readonly [z.ZodObject, ...z.ZodObject[]];
export const EXPERT_SCHEMAS = ENGINE_NAMES.map((name) => ENGINES[name].settings) as unknown as ExpertOptions;
const ExpertSettings = z.discriminatedUnion('engine', EXPERT_SCHEMAS as never) as unknown as z.ZodType<ExpertFile>;

const { context, parallel, request, strip, tools } = commonShape;
const { idleUnload, stallTimeout, startTimeout, preload, priority } = processShape;
const { gpuLayers, gpus, kvCache, threads } = modelShape;

/** Every key here reaches the experts whose engine knows it and that do not set it themselves. */
const Defaults = z
  .strictObject({
    engine: z.enum(ENGINE_NAMES as [EngineName, ...EngineName[]]).describe('Engine of experts that name none'),
    context,
    parallel,
    request,
    strip,
    tools,
    idleUnload,
    stallTimeout,
    startTimeout,
    preload,
    priority,
    gpuLayers,
    gpus,
    kvCache,
    threads,
  })
  .partial()
  .prefault({})
  .describe('Settings of every expert whose engine knows them and that does not set them itself');

const PoolBudget = z.strictObject({
  capacity: z
    .union([z.literal('auto'), Size])
    .default('auto')
    .describe('What the machine or the device has (`auto`), or the part of it that is ours'),
  reserve: Size.prefault('0MiB').describe(
    'Set aside for other programs; what they hold beyond it is subtracted as well',
  ),
});

/** Pools are keys of their own, so that a misspelt one is an error with a suggestion. */
const MOST_GPUS = 16;
const gpuBudgets = Object.fromEntries(
  Array.from({ length: MOST_GPUS }, (_, index) => [
    `gpu${index}`,
    PoolBudget.optional().describe(`Memory of GPU ${index}, in the order of nvidia-smi`),
  ]),
);

const Budget = z
  .strictObject({
    ram: PoolBudget.optional().describe('Memory of the machine; not counted where it is absent'),
    ...gpuBudgets,
    spillToCpu: z
      .enum(['refuse', 'warn', 'allow'])
      .default('refuse')
      .describe('Layers meant for a GPU on the CPU, where the GPU has no room whatever is unloaded: many times slower'),
    minResidency: Duration.prefault('2s').describe(
      'An expert stays at least this long before it makes room for another',
    ),
    maxLoadedExperts: z
      .int()
      .min(1)
      .optional()
      .describe(
        'Experts with a running process at the same time; the cheapest one to load again makes room. Default: no bound',
      ),
  })
  .prefault({})
  .describe('What may be loaded at the same time');

const Share = z.number().min(0).max(1);

const Router = z
  .strictObject({
    default: ExpertId.optional().describe(
      'Expert that answers where content decides nothing; default: the first whose task is generate',
    ),
    primaryLanguages: z
      .array(z.string().regex(/^[a-z]{2,3}$/, 'a language is an ISO 639 code: en, es'))
      .min(1)
      .default(['en', 'es'])
      .describe('Requests in these go by their task; requests in, or for, any other are of the domain `multilingual`'),
    keepLoadedBias: Share.default(0.15).describe(
      'How much fit is given up to spare a load: 0 none; evicting others counts half as much again',
    ),
    minConfidence: Share.default(0.55).describe(
      'A domain less sure than this counts the more as `general` the less sure it is, and the default expert settles ties',
    ),
    domains: z
      .record(
        DomainName,
        z.strictObject({
          description: z.string().optional().describe('One line, for those who read the profile'),
          utterances: Utterances.describe(
            'Requests as people write them, in every language that is spoken: twenty or more',
          ),
        }),
      )
      .default({})
      .describe('Domains of your own (or more examples of general, technical and coding), learned at start-up'),
    embedding: z
      .strictObject({
        expert: ExpertId.describe(
          'An expert whose task is embed; it is asked while it is loaded, and never loaded for this',
        ),
        onlyWhenBelow: Share.default(0.8).describe('Asked where the domain is less sure than this'),
        timeout: Duration.prefault('50ms').describe('A request waits no longer than this for its answer'),
      })
      .optional()
      .describe('A second opinion from the utterances nearest in meaning'),
    fallback: z
      .boolean()
      .default(true)
      .describe(
        'Where the chosen expert is refused or fails before its engine has the request, the next best one serves it',
      ),
    learn: z
      .boolean()
      .default(false)
      .describe(
        'Keep the text of requests that name an expert, or are rated (POST /v1/feedback), as candidate utterances in the state directory, for a person to approve (orchestrator route --candidates)',
      ),
  })
  .prefault({})
  .describe('Which expert answers a request that names none');

const Timeouts = z
  .strictObject({
    body: Duration.prefault('30s').describe('The whole request must have arrived'),
    firstByte: Duration.prefault('5m').describe(
      'The engine must have begun to answer, counted from when it got the request',
    ),
    betweenBytes: Duration.prefault('60s').describe('Silence of the engine within an answer'),
    total: Duration.prefault('30m').describe('The whole answer, from when the engine got the request'),
    drain: Duration.prefault('30s').describe('Running requests get this long when an expert or the orchestrator stops'),
  })
  .prefault({})
  .describe('Deadlines of a request');

const Queue = z
  .strictObject({
    length: z
      .int()
      .min(0)
      .max(100_000)
      .default(100)
      .describe('Requests that may wait for one expert; more are refused (429)'),
    age: Duration.prefault('60s').describe('Longest wait of a request in the queue'),
  })
  .prefault({})
  .describe('Requests that wait');

const Limits = z
  .strictObject({
    bodySize: Size.prefault('32MiB').describe('Largest request body'),
    bodyDepth: z.int().min(4).max(1_000).default(64).describe('Deepest nesting of a JSON body'),
    connectionsPerAddress: z.int().min(1).default(256).describe('Open connections of one client address'),
  })
  .prefault({})
  .describe('What one client may send');

const Logs = z
  .strictObject({
    fileSize: Size.prefault('10MiB').describe('A log file is rotated at this size'),
    files: z.int().min(1).max(1_000).default(5).describe('Log files kept for each expert, the current one included'),
  })
  .prefault({})
  .describe('Output of the engines, in the state directory');

const Compatibility = z
  .strictObject({
    stripBillingHeader: z
      .boolean()
      .default(true)
      .describe(
        'Take the changing billing line that some agents put into the system prompt of /v1/messages out, for local experts: it voids the prompt cache',
      ),
    showLoading: z
      .boolean()
      .default(false)
      .describe('Show in streamed chat answers, as `reasoning_content`, that an expert is loading'),
  })
  .prefault({})
  .describe('Help for particular clients');

/** A profile as it stands in the file, after `extends`, the environment, `--set` and `defaults`. */
export const ProfileFile = z.strictObject({
  name: z
    .string()
    .regex(/^[\w.-]{1,64}$/, 'a name has letters, digits and . - _')
    .optional()
    .describe('Shown in status and logs; default: the name of the file'),
  description: z.string().optional().describe('One line, shown in `profile list`'),
  extends: z
    .string()
    .optional()
    .describe('A profile (name, or file relative to this one) that this one is laid upon; `null` takes a key away'),
  watch: z
    .boolean()
    .default(false)
    .describe(
      'Reload when this file, one that it extends, a chat template or `modelsDir` changes; an invalid file changes nothing',
    ),
  budget: Budget,
  defaults: Defaults,
  modelsDir: FilePath.optional().describe(
    'A folder of GGUF files, relative to this file: each becomes an expert with the name of the file, at every reload too. An expert below of the same id or file wins',
  ),
  experts: z.record(ExpertId, ExpertSettings).describe('The experts by id'),
  router: Router,
  knowledge: Knowledge,
  memory: Memory,
  conversations: Conversations,
  feedback: Feedback,
  security: Security,
  timeouts: Timeouts,
  queue: Queue,
  limits: Limits,
  logs: Logs,
  compatibility: Compatibility,
});
export type ProfileFile = z.output<typeof ProfileFile>;

/** An expert's parsed settings: the neutral ones typed, the engine's own known to its adapter. */
type ExpertFile = Omit<ExpertBase, 'id'> & Partial<ProcessSettings> & Readonly<Record<string, unknown>>;
