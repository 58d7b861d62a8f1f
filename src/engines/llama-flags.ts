/** What the engines that run a llama-server of any age share: its help as printed, and flags that are not a profile's to set. */
import { z } from 'zod';

/**
 * Flags that the supervisor sets itself, or that reach files, shells or the network: never from `flags`. llama-server reads `_` as
 * `-`, so names are compared that way.
 */
const RESERVED_FLAGS = [
  /^(-m|--models?(-.*)?|-mu|-md|-a|--alias|--host|--port|--reuse-port|--path|--api-.*|-c|--ctx-size|-np|--parallel)$/,
  /^(-hf.*|--hf-.*|-dr|--docker-repo|--.*-hf|-mmu?|--mmproj(-url)?|--.*-(default|spec)|--rpc|--offline)$/,
  /^(--chat-template.*|--grammar-file|-jf|--json-schema-file|--ui-config-file|--webui-config-file|-lc[sd]|--lookup-cache-.*)$/,
  /^(--log-(file|prompts-dir|disable)|--slot-save-path|--media-path|--video-ffmpeg-dir|--ssl-.*|--cors-.*|--props)$/,
  /^(--lora.*|--spec-draft-(model|ngl))$/,
  /^(--tools.*|--agent|--mcp-.*|--(ui|webui)-mcp-proxy|--sleep-idle-seconds)$/,
  // Of 2024: a file as system prompt or prompt, and folders for logs.
  /^(-spf|--system-prompt-file|-f|--file|-bf|--binary-file|-ld|--logdir)$/,
];

function isReserved(argument: string): boolean {
  const name = (argument.split('=')[0] ?? '').replaceAll('_', '-');
  return RESERVED_FLAGS.some((pattern) => pattern.test(name));
}

/** The free-form flags of a profile. */
export const extraFlags = z
  .array(z.string().regex(/^[^\0\n\r]*$/))
  .default([])
  .describe('Further arguments, passed as they are')
  .check((context) => {
    for (const [index, flag] of context.value.entries()) {
      if (!isReserved(flag)) continue;
      context.issues.push({
        code: 'custom',
        input: flag,
        path: [index],
        message: `${flag} is not allowed here: the supervisor sets it itself, or it reaches files, programs or the network`,
      });
    }
  });

/** The lines of `--help` that describe one flag. */
export function sectionOf(help: string, flag: string): string {
  const lines = help.split('\n');
  const start = lines.findIndex((line) => line.startsWith('-') && line.split(/[\s,]+/).includes(flag));
  if (start < 0) return '';
  const next = lines.findIndex((line, index) => index > start && line.startsWith('-'));
  return lines.slice(start, next < 0 ? undefined : next).join('\n');
}
