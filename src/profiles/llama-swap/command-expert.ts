import { isEmbedderName, isRerankerName } from '../../shared/gguf-names.ts';
import { Written } from '../write-profile.ts';
import type { SwapModel } from './config.ts';
import { PORT, variablesIn } from './macros.ts';

/** Variables of a command; what may be a secret is a reference. */
export type SwapEnvironment = Readonly<Record<string, string | Written>>;

export interface CommandParts {
  readonly name: string;
  /** Of the environment, secrets are still references: `${env.NAME}`. */
  readonly words: readonly string[];
  readonly stop: readonly string[];
  /** As the configuration has it, `${PORT}` included. */
  readonly proxy: string | undefined;
  readonly environment: SwapEnvironment;
  readonly model: SwapModel;
}

export type CommandExpert =
  | { readonly settings: Record<string, unknown>; readonly notes: readonly string[] }
  | { readonly obstacle: string };

/** Of llama-swap: so many requests go on to a model at the same time where nobody says otherwise. */
const CONCURRENCY = 10;
/** What the command does not say is not bounded here: the server refuses what is too long for it. */
const UNKNOWN_CONTEXT = 131_072;

/** Any other server, started by the same words: the port becomes a placeholder. */
export function commandExpert({ name, words, stop, proxy, environment, model }: CommandParts): CommandExpert {
  const port = fixedPort(proxy);
  const argv = words.map((word) => withPort(word, port));
  if (!argv.some((word) => word.includes('{port}'))) {
    return { obstacle: 'its command does not say where its port is: put {port} there, in `command.argv`' };
  }
  const notes = Object.entries(environment)
    .filter(([key, value]) => value instanceof Written && !(model.env ?? []).includes(`${key}=\${env.${key}}`))
    .map(([key]) => `env ${key}: it comes from the environment of the orchestrator, and is not written here`);
  for (const variable of new Set([...argv, ...stop].flatMap(variablesIn)))
    notes.push(`${variable}: it comes from the environment of the orchestrator, and is not written here`);
  const program = words[0]?.split('/').at(-1) ?? '';
  const isContainer = /^(?:docker|podman|nerdctl)$/.test(program);
  const health = model.checkEndpoint ?? '/health';
  if (health === 'none') notes.push('checkEndpoint none: the server is asked for /v1/models, and for one token');
  else if (!health.startsWith('/')) notes.push(`checkEndpoint ${health}: it is no path`);
  const stopArgv = stop.map((word) => withPort(word, port));
  const needsPid = stopArgv.some((word) => word.includes('${PID}'));
  if (needsPid) notes.push('cmdStop: there is no placeholder for the pid; the server gets SIGTERM');
  const task = taskOf(name, words);
  const context = contextIn(words);
  return {
    notes,
    settings: {
      engine: 'command',
      ...(task === 'generate' ? {} : { task }),
      context: context ?? UNKNOWN_CONTEXT,
      parallel: model.concurrencyLimit && model.concurrencyLimit > 0 ? model.concurrencyLimit : CONCURRENCY,
      command: {
        argv: argv.map(asWritten),
        ...(stopArgv.length > 0 && !needsPid ? { stop: stopArgv.map(asWritten) } : {}),
        ...(Object.keys(environment).length > 0 ? { env: environment } : {}),
        ...(health.startsWith('/') && health !== '/health' ? { health } : {}),
        ...(health === 'none' ? { health: '/v1/models' } : {}),
        // The listener is the container's, which is no child of ours.
        ...(isContainer ? { identity: 'off' } : {}),
        ...(model.useModelName ? { model: model.useModelName } : {}),
      },
    },
  };
}

const asWritten = (word: string) => (variablesIn(word).length > 0 ? Written.withReferences(word) : word);

/** The port that the proxy address names, where it names one on this machine. */
function fixedPort(proxy: string | undefined): string | undefined {
  if (proxy === undefined || proxy.includes(PORT) || !URL.canParse(proxy)) return undefined;
  return new URL(proxy).port || undefined;
}

/** `8999`, `--port=8999`, `0.0.0.0:8999` and `8999:8080` are all the port. */
function withPort(word: string, fixed: string | undefined): string {
  const replaced = word.replaceAll(PORT, '{port}');
  if (fixed === undefined) return replaced;
  return replaced.replaceAll(new RegExp(`(?<=^|[:=])${fixed}(?=$|:)`, 'g'), '{port}');
}

function taskOf(name: string, words: readonly string[]): string {
  if (words.some((word) => /^--rerank(ing)?$/.test(word)) || isRerankerName(name)) return 'rerank';
  if (words.some((word) => /^--embeddings?$/.test(word)) || isEmbedderName(name)) return 'embed';
  return /whisper/i.test(words[0] ?? '') || /whisper/i.test(name) ? 'transcribe' : 'generate';
}

function contextIn(words: readonly string[]): number | undefined {
  const index = words.findIndex((word) => /^(?:-c|--ctx-size|--max-model-len)$/.test(word));
  const value = Number(index < 0 ? Number.NaN : words[index + 1]);
  return Number.isInteger(value) && value >= 128 ? value : undefined;
}
