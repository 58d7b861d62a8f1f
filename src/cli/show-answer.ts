import type { SourcesView } from '../knowledge/context/sources.ts';
import { streamAnswer, type Answer, type ChatRequest } from './answer-stream.ts';
import type { Client } from './client.ts';
import { plainLine } from './plain.ts';
import { dim, StatusLine } from './terminal.ts';

/** The answer on stdout as it comes; who answers, and what it thinks, dimly on stderr. */
export async function showAnswer(client: Client, request: ChatRequest, signal?: AbortSignal): Promise<Answer> {
  const line = new StatusLine();
  line.show('waiting for the answer …');
  let [shown, thinking] = ['', false];
  try {
    const answer = await streamAnswer(
      client,
      request,
      {
        onExpert(expert) {
          line.clear();
          process.stderr.write(`${dim(`${expert}:`, process.stderr)}\n`);
        },
        onReasoning(text) {
          thinking = true;
          if (process.stderr.isTTY) process.stderr.write(dim(forTerminal(text, process.stderr), process.stderr));
        },
        onText(text) {
          if (shown === '' && thinking && process.stderr.isTTY) process.stderr.write('\n');
          shown = text;
          process.stdout.write(forTerminal(text, process.stdout));
        },
      },
      signal,
    );
    endLine(shown);
    shown = '';
    for (const source of answer.sources ? sourceLines(answer.sources) : [])
      process.stderr.write(`${dim(source, process.stderr)}\n`);
    const memory = memoryNote(answer.memory);
    if (memory !== undefined) process.stderr.write(`${dim(memory, process.stderr)}\n`);
    return answer;
  } finally {
    line.clear();
    endLine(shown);
  }
}

function endLine(shown: string): void {
  if (shown !== '' && !shown.endsWith('\n')) process.stdout.write('\n');
}

/** What the answer rests on, for a person. */
export function sourceLines({ sources, found, degraded, withheld }: SourcesView): string[] {
  return [
    ...sources.map(({ n, title, page, document, start, end, fetched, attribution }) => {
      const place = page === null ? '' : `, page ${page}`;
      const age = fetched === undefined ? '' : `, fetched ${fetched.slice(0, 10)}`;
      const whose = attribution === undefined ? '' : `, ${attribution}`;
      return plainLine(`[${n}] ${title}${place} (${document}, ${start}–${end}${age}${whose})`);
    }),
    ...(found ? [] : ['no document of yours answers this.']),
    ...[degraded, withheld].flatMap((note) => (note === undefined ? [] : [`note: ${plainLine(note)}`])),
  ];
}

/** What memory did, of `recalled=2; remembered=1; forgotten=0`; undefined where it did nothing. */
export function memoryNote(header: string | null): string | undefined {
  const counts = [...(header ?? '').matchAll(/\b(recalled|remembered|forgotten)=(\d+)/g)];
  const done = counts.flatMap(([, what, count]) => (count === '0' ? [] : [`${count} ${what}`]));
  return done.length === 0 ? undefined : `memory: ${done.join(', ')} (see \`orchestrator memory list\`)`;
}

/** What a model says must not steer the terminal; a file or a pipe gets it as it is. */
function forTerminal(text: string, stream: NodeJS.WriteStream): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is taken out
  return stream.isTTY ? text.replaceAll(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g, '') : text;
}
