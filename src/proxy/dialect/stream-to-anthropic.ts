import { AppError } from '../../shared/errors.ts';
import { arrayOf, isObject, type JsonObject, numberOf, objectOf, stringOf } from '../json.ts';
import { serialiseEvent, type SseEvent } from '../sse.ts';
import { errorBodyFor } from './error-bodies.ts';
import { messageId } from './response-to-anthropic.ts';
import { errorOf, type EventTranslator, type StreamContext } from './stream.ts';
import { anthropicUsage, openaiCounts, stopReason } from './vocabulary.ts';

type BlockType = 'thinking' | 'text' | 'tool_use';

interface ToolCall {
  id: string;
  name: string;
  /** Arguments that came in while another block was open. */
  waiting: string;
}

/**
 * Chunks of a chat completion as events of a message. Blocks of a message come one after the other: the first tool call is
 * passed on as it comes in, parallel ones wait until it is over, whichever way the upstream mixes them.
 */
export class ChunksToEvents implements EventTranslator {
  complete = false;
  failed = false;
  readonly #context: StreamContext;
  #started = false;
  #blocks = 0;
  #open: BlockType | undefined;
  #openCall: number | undefined;
  readonly #calls = new Map<number, ToolCall>();
  readonly #closedCalls = new Set<number>();
  #stop: { reason: string | null; sequence: string | null } | undefined;
  #usage: unknown;

  constructor(context: StreamContext) {
    this.#context = context;
  }

  comment(): string {
    return frame('ping', {});
  }

  sentinel(data: string): string | undefined {
    if (data.trim() !== '[DONE]') return undefined;
    // A stream that says it is done without ever giving a reason has been cut off inside the upstream.
    if (!this.#stop) return '';
    this.complete = true;
    return (
      this.#flushCalls() +
      this.#close() +
      frame('message_delta', {
        delta: { stop_reason: this.#stop.reason, stop_sequence: this.#stop.sequence },
        usage: anthropicUsage(openaiCounts(this.#usage)),
      }) +
      frame('message_stop', {})
    );
  }

  event(event: SseEvent, data: JsonObject): string {
    const error = errorOf(event, data);
    if (error !== undefined) {
      this.failed = true;
      return serialiseEvent({ event: 'error', data: JSON.stringify(errorBodyFor('anthropic', undefined, error)) });
    }
    if (isObject(data['usage'])) this.#usage = data['usage'];
    const choice = objectOf(arrayOf(data['choices'])[0]);
    let text = this.#start(data);
    text += this.#delta(objectOf(choice['delta']));
    const { finish_reason: finish, stop_reason: stoppedAt } = choice;
    if (finish !== undefined && finish !== null) {
      this.#stop =
        typeof stoppedAt === 'string'
          ? { reason: 'stop_sequence', sequence: stoppedAt }
          : { reason: stopReason(finish), sequence: null };
    }
    return text;
  }

  #start(data: JsonObject): string {
    if (this.#started) return '';
    this.#started = true;
    return frame('message_start', {
      message: {
        id: messageId(data['id'] ?? this.#context.requestId),
        type: 'message',
        role: 'assistant',
        model: stringOf(data['model'], this.#context.model),
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: anthropicUsage(openaiCounts(data['usage'])),
      },
    });
  }

  #delta(delta: JsonObject): string {
    const thinking = stringOf(delta['reasoning_content'], stringOf(delta['reasoning']));
    const content = stringOf(delta['content'], stringOf(delta['refusal']));
    let text = '';
    if (thinking !== '') text += this.#speak('thinking', { type: 'thinking_delta', thinking });
    if (content !== '') text += this.#speak('text', { type: 'text_delta', text: content });
    for (const call of arrayOf(delta['tool_calls'])) text += this.#call(objectOf(call));
    return text;
  }

  #speak(type: 'thinking' | 'text', delta: JsonObject): string {
    const block = type === 'thinking' ? { type, thinking: '', signature: '' } : { type, text: '' };
    const opened = this.#open === type ? '' : this.#flushCalls() + this.#close() + this.#openBlock(block, type);
    return opened + frame('content_block_delta', { index: this.#blocks - 1, delta });
  }

  #call(delta: JsonObject): string {
    const index = numberOf(delta['index'], this.#calls.size === 0 ? 0 : this.#calls.size - 1);
    const { name, arguments: written } = objectOf(delta['function']);
    const call = this.#calls.get(index) ?? { id: '', name: '', waiting: '' };
    this.#calls.set(index, call);
    call.id ||= stringOf(delta['id']);
    call.name ||= stringOf(name);
    call.waiting += stringOf(written);
    if (this.#closedCalls.has(index)) {
      throw new AppError(
        'engine_answer_invalid',
        `The engine went on with tool call ${index} after it had gone past it.`,
      );
    }
    if (this.#openCall !== undefined && this.#openCall !== index) return '';
    // A call can be announced once its name is known.
    return call.name === '' ? '' : this.#passOn(index, call);
  }

  /** Opens the call's block where it is not open yet, and sends what arguments there are. */
  #passOn(index: number, call: ToolCall): string {
    let text = '';
    if (this.#openCall !== index) {
      const id = call.id || `toolu_${this.#context.requestId}_${index}`;
      text += this.#close() + this.#openBlock({ type: 'tool_use', id, name: call.name, input: {} }, 'tool_use');
      this.#openCall = index;
    }
    if (call.waiting !== '') {
      const delta = { type: 'input_json_delta', partial_json: call.waiting };
      call.waiting = '';
      text += frame('content_block_delta', { index: this.#blocks - 1, delta });
    }
    return text;
  }

  /** The calls that have waited for the first one to end. */
  #flushCalls(): string {
    let text = '';
    for (const [index, call] of this.#calls) {
      if (this.#closedCalls.has(index) || index === this.#openCall || call.name === '') continue;
      text += this.#passOn(index, call);
    }
    return text;
  }

  #openBlock(block: JsonObject, type: BlockType): string {
    this.#open = type;
    this.#blocks += 1;
    return frame('content_block_start', { index: this.#blocks - 1, content_block: block });
  }

  #close(): string {
    if (this.#open === undefined) return '';
    this.#open = undefined;
    if (this.#openCall !== undefined) this.#closedCalls.add(this.#openCall);
    this.#openCall = undefined;
    return frame('content_block_stop', { index: this.#blocks - 1 });
  }
}

/** Anthropic's events say their name twice. */
function frame(type: string, fields: JsonObject): string {
  return serialiseEvent({ event: type, data: JSON.stringify({ type, ...fields }) });
}
