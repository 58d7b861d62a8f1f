/** What each flag of llama-server is in a profile. */
import { extraFlags } from '../../engines/llama-flags.ts';

/** The settings of an expert as they come together, and what could not be said. */
export interface Settings {
  /** Keys of the expert. */
  readonly own: Record<string, unknown>;
  /** Keys of its `llama-server`. */
  readonly server: Record<string, unknown>;
  readonly request: Record<string, unknown>;
  readonly draft: Record<string, unknown>;
  readonly loras: { path: string; scale?: number }[];
  readonly flags: string[];
  readonly aliases: string[];
  /** The tokens of the whole cache, as llama-server counts them. */
  cache?: number;
  model?: { readonly path?: string; readonly hf?: string; readonly file?: string; readonly mmproj?: string };
  hubDraft?: string;
  noProjector?: boolean;
  /** For a person: what is left out, and why. */
  readonly notes: string[];
  /** Why the command cannot be an expert of llama-server. */
  obstacle?: string;
}

interface Spelling {
  readonly names: readonly string[];
  /** How many words follow: one always, or one where it is no flag itself. */
  readonly takes: 'none' | 'one' | 'maybe';
  readonly apply: (settings: Settings, value: string, flag: string) => void;
}

const one = (names: string, apply: Spelling['apply']): Spelling => ({ names: names.split(' '), takes: 'one', apply });
const none = (names: string, apply: Spelling['apply']): Spelling => ({ names: names.split(' '), takes: 'none', apply });
const ours = (names: string, takes: Spelling['takes']): Spelling => ({
  names: names.split(' '),
  takes,
  apply: () => {},
});

const number = (value: string) => (/^-?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined);
const note = (settings: Settings, flag: string, why: string) => void settings.notes.push(`${flag}: ${why}`);

/** A number in its bounds, or a note. */
function put(
  target: Record<string, unknown>,
  key: string,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): Spelling['apply'] {
  return (settings, value, flag) => {
    const parsed = number(value);
    if (parsed !== undefined && parsed >= least && parsed <= most) target[key] = parsed;
    else note(settings, `${flag} ${value}`, `${key} takes a number from ${least} on`);
  };
}

/** `key` of a part of the settings. */
const inPart =
  (part: 'own' | 'server' | 'request' | 'draft', key: string, least = 0, most?: number): Spelling['apply'] =>
  (settings, value, flag) =>
    put(settings[part], key, least, most)(settings, value, flag);

const layers =
  (part: 'own' | 'draft'): Spelling['apply'] =>
  (settings, value, flag) => {
    const parsed = number(value);
    if (value === 'all' || value === 'auto') settings[part]['gpuLayers'] = value;
    else if (parsed === undefined) note(settings, `${flag} ${value}`, 'gpuLayers takes a number, all or auto');
    else if (parsed < 0) settings[part]['gpuLayers'] = 'auto';
    else settings[part]['gpuLayers'] = parsed >= MANY_LAYERS ? 'all' : parsed;
  };
/** Nobody has that many: it is how people write all. */
const MANY_LAYERS = 99;

const CACHE_TYPES = new Set(['f16', 'bf16', 'q8_0', 'q5_1', 'q5_0', 'q4_1', 'q4_0']);

function cacheType(settings: Settings, value: string, flag: string): void {
  const isKey = flag.endsWith('k');
  const other = settings.own['kvCache'];
  // One setting for both; where they differ the value's own comes after it among the flags.
  if (isKey && CACHE_TYPES.has(value)) settings.own['kvCache'] = value;
  else settings.flags.push(isKey ? '--cache-type-k' : '--cache-type-v', value);
  if (!isKey && other === value) settings.flags.splice(-2);
}

function model(part: Partial<NonNullable<Settings['model']>>): Spelling['apply'] {
  return (settings, value) => {
    const [key = 'path'] = Object.keys(part);
    settings.model = { ...settings.model, [key]: value };
  };
}

const SPELLINGS: readonly Spelling[] = [
  one('-m --model', model({ path: '' })),
  one('-hf -hfr --hf-repo', model({ hf: '' })),
  one('-hff --hf-file', model({ file: '' })),
  one('-mm --mmproj', model({ mmproj: '' })),
  none('--no-mmproj --no-mmproj-auto', (settings) => (settings.noProjector = true)),
  one('-mu --model-url -dr --docker-repo', (settings, _value, flag) => {
    settings.obstacle = `${flag} fetches the model by an address: a profile pins such a file by size and sha256`;
  }),
  one('--models-dir --models-preset --models-max', (settings, _value, flag) => {
    settings.obstacle = `${flag} makes a router of it, which starts further servers of its own`;
  }),
  one('-hft --hf-token', (settings, _value, flag) =>
    note(settings, flag, 'set HF_TOKEN in the environment of the orchestrator'),
  ),
  one('-mmu --mmproj-url', (settings, _value, flag) =>
    note(settings, flag, 'fetch the projector and name it as model.mmproj'),
  ),
  one('-c --ctx-size', (settings, value) => (settings.cache = number(value) ?? 0)),
  one('-np --parallel', inPart('own', 'parallel', 1, 4_096)),
  one('-ngl --gpu-layers --n-gpu-layers', layers('own')),
  none('-cmoe --cpu-moe', (settings) => (settings.own['cpuMoe'] = true)),
  one('-ncmoe --n-cpu-moe', inPart('own', 'cpuMoe')),
  one('-ctk --cache-type-k -ctv --cache-type-v', cacheType),
  one('-t --threads', (settings, value, flag) => {
    // Below 1 it means the cores of the machine, which is the default.
    if ((number(value) ?? 0) > 0) inPart('own', 'threads', 1, 1_024)(settings, value, flag);
  }),
  one('-b --batch-size', inPart('server', 'batch', 32, 16_384)),
  one('-ub --ubatch-size', inPart('server', 'ubatch', 32, 16_384)),
  one('-ctxcp --ctx-checkpoints --swa-checkpoints', inPart('server', 'contextCheckpoints', 0, 256)),
  one('-cram --cache-ram', (settings, value, flag) => {
    const mib = number(value);
    if (mib !== undefined && mib >= 0) settings.server['cacheRam'] = `${mib}MiB`;
    else note(settings, `${flag} ${value}`, 'memory without a bound cannot be planned; set llama-server.cacheRam');
  }),
  {
    names: ['-fa', '--flash-attn'],
    takes: 'maybe',
    apply: (settings, value) => (settings.server['flashAttention'] = /^(on|off|auto)$/.test(value) ? value : 'on'),
  },
  one('--pooling', (settings, value, flag) => {
    if (value === 'rank') settings.own['task'] = 'rerank';
    if (/^(mean|cls|last|rank)$/.test(value)) settings.server['pooling'] = value;
    else note(settings, `${flag} ${value}`, 'llama-server.pooling takes mean, cls, last or rank');
  }),
  none('--embedding --embeddings', (settings) => (settings.own['task'] ??= 'embed')),
  none('--rerank --reranking', (settings) => (settings.own['task'] = 'rerank')),
  one('-dev --device', (settings, value) => (settings.server['device'] = value)),
  one('--chat-template-file', (settings, value) => (settings.own['chatTemplate'] = value)),
  one('--chat-template', (settings, value, flag) =>
    note(settings, `${flag} ${value}`, 'a template is a Jinja file here (chatTemplate), or the model’s own'),
  ),
  one('--chat-template-kwargs', (settings, value, flag) => {
    try {
      settings.request['chat_template_kwargs'] = JSON.parse(value) as unknown;
    } catch {
      note(settings, flag, 'its value is not JSON');
    }
  }),
  one('-md --model-draft --spec-draft-model', (settings, value) => (settings.draft['model'] = { path: value })),
  one('-hfd -hfrd --hf-repo-draft --spec-draft-hf', (settings, value) => (settings.hubDraft = value)),
  one('--draft --draft-n --draft-max --spec-draft-n-max', inPart('draft', 'maxTokens', 1, 256)),
  one('--draft-min --draft-n-min --spec-draft-n-min', inPart('draft', 'minTokens', 0, 256)),
  one('--draft-p-min --spec-draft-p-min', inPart('draft', 'minProbability', 0, 1)),
  one('-ngld --gpu-layers-draft --n-gpu-layers-draft --spec-draft-ngl', layers('draft')),
  one('--lora', (settings, value) => void settings.loras.push(...value.split(',').map((path) => ({ path })))),
  one('--lora-scaled', (settings, value) => {
    for (const part of value.split(',')) {
      const [, path = part, scale = '1'] = /^(.*):([\d.-]+)$/.exec(part) ?? [];
      settings.loras.push({ path, scale: Number(scale) });
    }
  }),
  one('-a --alias', (settings, value) => void settings.aliases.push(...value.split(','))),
  ...[
    ['--temp --temperature', 'temperature'],
    ['--top-k', 'top_k'],
    ['--top-p', 'top_p'],
    ['--min-p', 'min_p'],
    ['--top-nsigma --top-n-sigma', 'top_n_sigma'],
    ['--typical --typical-p', 'typical_p'],
    ['--xtc-probability', 'xtc_probability'],
    ['--xtc-threshold', 'xtc_threshold'],
    ['--repeat-penalty', 'repeat_penalty'],
    ['--repeat-last-n', 'repeat_last_n'],
    ['--presence-penalty', 'presence_penalty'],
    ['--frequency-penalty', 'frequency_penalty'],
    ['--dry-multiplier', 'dry_multiplier'],
    ['--dry-base', 'dry_base'],
    ['--dry-allowed-length', 'dry_allowed_length'],
    ['--dry-penalty-last-n', 'dry_penalty_last_n'],
    ['--mirostat', 'mirostat'],
    ['--mirostat-lr', 'mirostat_eta'],
    ['--mirostat-ent', 'mirostat_tau'],
    ['-s --seed', 'seed'],
    ['-n --predict --n-predict', 'max_tokens'],
  ].map(([names = '', field = '']) =>
    one(names, (settings, value) => {
      const parsed = number(value);
      // -1 stands for no bound, or for chance: as without it.
      if (parsed !== undefined && !(parsed < 0 && /^(seed|max_tokens)$/.test(field))) settings.request[field] = parsed;
    }),
  ),
  // The supervisor sets these, or has no use for them.
  ours(
    '--host --port --reuse-port -to --timeout -lv --verbosity --log-verbosity --log-colors --threads-http --log-file',
    'one',
  ),
  ours(
    '--jinja --metrics --slots --no-slots --no-webui --webui --no-ui --ui --offline --log-disable --log-prefix',
    'none',
  ),
  ours(
    '--log-timestamps -v --verbose --log-verbose --no-kv-unified -no-kvu -cb --cont-batching --props --no-perf --perf',
    'none',
  ),
  one('--api-key --api-key-file', (settings, _value, flag) =>
    note(settings, flag, 'each engine gets a key of its own at each start; keys of clients are `security.keys`'),
  ),
  one('-fit --fit -fitt --fit-target -fitc --fit-ctx', (settings, value, flag) =>
    note(settings, `${flag} ${value}`, 'what fits is for the budget to say, before the start'),
  ),
  none('-kvu --kv-unified', (settings, _value, flag) => note(settings, flag, 'each request has its own cache here')),
  none('--no-jinja', (settings, _value, flag) => note(settings, flag, 'templates are always Jinja here')),
  one('--sleep-idle-seconds', (settings, value, flag) => note(settings, `${flag} ${value}`, '`idleUnload` does this')),
];

const BY_NAME = new Map(SPELLINGS.flatMap((spelling) => spelling.names.map((name) => [name, spelling] as const)));

/** Reads the arguments of a llama-server; what has no setting of its own goes among the flags, where a profile allows it. */
export function readFlags(words: readonly string[], settings: Settings): void {
  for (let index = 0; index < words.length; index += 1) {
    const flag = (words[index] ?? '').replace(/^--[\w-]+/, (name) => name.replaceAll('_', '-'));
    const next = words[index + 1];
    const spelling = BY_NAME.get(flag);
    const hasValue = next !== undefined && (!next.startsWith('-') || number(next) !== undefined);
    if (spelling) {
      const takes = spelling.takes === 'one' || (spelling.takes === 'maybe' && /^(on|off|auto)$/.test(next ?? ''));
      if (spelling.takes === 'one' && next === undefined) note(settings, flag, 'its value is missing');
      else spelling.apply(settings, takes ? (next ?? '') : '', flag);
      if (takes) index += 1;
      continue;
    }
    const rest = flag.startsWith('-') && hasValue ? [flag, next] : [flag];
    index += rest.length - 1;
    if (extraFlags.safeParse(rest).success) settings.flags.push(...rest);
    else
      note(
        settings,
        rest.join(' '),
        'a profile does not set it: the supervisor does, or it reaches files, programs or the network',
      );
  }
}
