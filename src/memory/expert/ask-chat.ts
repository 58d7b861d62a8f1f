import { adapterOf } from '../../engines/registry.ts';
import type { HelperExpert } from '../../knowledge/setup.ts';
import type { User } from '../../store/contract.ts';
import { callEngine } from '../../supervisor/engine-call.ts';
import type { Lease } from '../../supervisor/lease.ts';
import { promptMark } from '../../supervisor/prompt-mark.ts';

export interface ChatQuestion {
  /** Whose words they are: an engine that keeps what it has computed keeps it as this user's. */
  readonly user: User;
  readonly system: string;
  readonly text: string;
  /** JSON schema of the answer. */
  readonly schema: Readonly<Record<string, unknown>>;
  readonly maxTokens: number;
}

/**
 * Asks an expert for JSON of a schema, which the engine holds it to. Resolves with what it said, parsed (engines break their word: it is
 * not checked against the schema); rejects where the engine is in trouble, the answer is cut off or no JSON, and when the signal aborts.
 */
export async function askChat(
  lease: Lease,
  helper: HelperExpert,
  question: ChatQuestion,
  signal: AbortSignal,
): Promise<unknown> {
  const { path, set, expert } = helper;
  // An endpoint that speaks Anthropic's dialect has another route, which says which it is.
  const form = path.endsWith('/messages') ? ANTHROPIC : OPENAI;
  const { user, system, text } = question;
  const mark = promptMark([expert.id, system, text].join('\n'));
  const slot = lease.takesSlot ? await lease.bindSlot({ user, mark, single: true, reuse: true }) : {};
  const body = { ...form.body(question, helper), ...set, ...slot };
  const answer = await callEngine(lease.upstream, { method: 'POST', path, body }, signal);
  return JSON.parse(form.content(JSON.parse(answer) as never)) as unknown;
}

const OPENAI = {
  body: ({ system, text, schema, maxTokens }: ChatQuestion, { expert }: HelperExpert) => {
    const known = adapterOf(expert.engine).knownFields(expert as never, '/v1/chat/completions');
    return {
      messages: [
        { role: 'system', content: system },
        { role: 'user', content: text },
      ],
      temperature: 0,
      max_tokens: maxTokens,
      response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } },
      // Thinking aloud would take longer than the answer.
      ...(known?.has('chat_template_kwargs') && { chat_template_kwargs: { enable_thinking: false } }),
    };
  },
  content: ({ choices }: ChatAnswer): string => {
    const [choice] = choices ?? [];
    return whole(choice?.message?.content, choice?.finish_reason === 'length');
  },
};

const ANTHROPIC = {
  body: ({ system, text, schema, maxTokens }: ChatQuestion) => ({
    system,
    messages: [{ role: 'user', content: text }],
    max_tokens: maxTokens,
    output_config: { format: { type: 'json_schema', schema } },
  }),
  content: ({ content, stop_reason: reason }: MessagesAnswer): string =>
    whole(content?.find(({ type }) => type === 'text')?.text, reason === 'max_tokens'),
};

interface ChatAnswer {
  readonly choices?: readonly {
    readonly message?: { readonly content?: unknown };
    readonly finish_reason?: unknown;
  }[];
}

interface MessagesAnswer {
  readonly content?: readonly { readonly type?: unknown; readonly text?: unknown }[];
  readonly stop_reason?: unknown;
}

function whole(content: unknown, isCut: boolean): string {
  if (typeof content !== 'string') throw new Error('the answer has no text');
  if (isCut) throw new Error('the answer is longer than allowed');
  return content;
}
