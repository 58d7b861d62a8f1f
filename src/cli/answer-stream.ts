import type { SourcesView } from '../knowledge/context/sources.ts';
import type { Client } from './client.ts';
import { CliError } from '../shared/errors.ts';
import { readEvents } from './read-events.ts';

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly user?: string | undefined;
  readonly maxTokens?: number | undefined;
  readonly temperature?: number | undefined;
  /** Which of the user's documents the answer may rest on; absent: as the key and the profile say. */
  readonly knowledge?: boolean | { readonly collections: readonly string[] } | undefined;
  /** Whether the user is to be remembered and reminded; absent: as the key and the profile say. */
  readonly memory?: boolean | undefined;
  /** The client's own id of the conversation. */
  readonly conversation?: string | undefined;
}

export interface AnswerListener {
  /** The expert that answers, as soon as the headers say so. */
  onExpert?(expert: string): void;
  onText(text: string): void;
  onReasoning?(text: string): void;
}

export interface Answer {
  readonly expert: string | null;
  readonly requestId: string | null;
  readonly content: string;
  readonly finishReason: string | null;
  readonly usage: unknown;
  /** Null where no documents were asked for. */
  readonly sources: SourcesView | null;
  /** `recalled=2; remembered=1`; null where memory took no part. */
  readonly memory: string | null;
}

interface Chunk {
  choices?: { delta?: { content?: string | null; reasoning_content?: string | null }; finish_reason?: string | null }[];
  usage?: unknown;
  orchestrator?: SourcesView;
  error?: { message?: string };
}

/**
 * Asks and tells the listener what comes, as it comes. @throws CliError when the server refuses, sends an error in the middle,
 * or breaks off before the answer is whole.
 */
export async function streamAnswer(
  client: Client,
  request: ChatRequest,
  listener: AnswerListener,
  signal?: AbortSignal,
): Promise<Answer> {
  const { knowledge, memory, conversation } = request;
  const extension = {
    ...(knowledge !== undefined && { knowledge }),
    ...(memory !== undefined && { memory }),
    ...(conversation !== undefined && { conversation }),
  };
  const response = await client.open('/v1/chat/completions', {
    body: {
      model: request.model,
      messages: request.messages,
      stream: true,
      stream_options: { include_usage: true },
      ...(request.maxTokens !== undefined && { max_tokens: request.maxTokens }),
      ...(request.temperature !== undefined && { temperature: request.temperature }),
      ...(Object.keys(extension).length > 0 && { orchestrator: extension }),
    },
    headers: request.user === undefined ? {} : { 'x-orchestrator-user': request.user },
    signal,
  });
  const expert = headerOf(response.headers['x-orchestrator-expert']);
  if (expert !== null) listener.onExpert?.(expert);
  let [content, finishReason, usage, done] = ['', null as string | null, null as unknown, false];
  let sources: SourcesView | null = null;
  try {
    for await (const { data } of readEvents(response)) {
      if (data === '[DONE]') {
        done = true;
        continue;
      }
      const chunk = JSON.parse(data) as Chunk;
      if (chunk.error)
        throw new CliError(chunk.error.message ?? 'the engine reported an error in the middle of its answer.');
      usage = chunk.usage ?? usage;
      sources = chunk.orchestrator ?? sources;
      const choice = chunk.choices?.[0];
      finishReason = choice?.finish_reason ?? finishReason;
      if (choice?.delta?.reasoning_content) listener.onReasoning?.(choice.delta.reasoning_content);
      if (!choice?.delta?.content) continue;
      // A few-shot model begins with the space or newline that its template ends without.
      const text = content === '' ? choice.delta.content.trimStart() : choice.delta.content;
      content += text;
      if (text !== '') listener.onText(text);
    }
  } catch (error) {
    // Broken off by us, which Node reports as one of several errors.
    signal?.throwIfAborted();
    if (error instanceof CliError) throw error;
    throw new CliError('the answer broke off: the connection to the orchestrator ended.', 1, { cause: error });
  }
  if (!done && finishReason === null) throw new CliError('the answer broke off before it was whole.');
  return {
    expert,
    requestId: headerOf(response.headers['x-request-id']),
    content,
    finishReason,
    usage,
    sources,
    memory: headerOf(response.headers['x-orchestrator-memory']),
  };
}

const headerOf = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value) ?? null;
