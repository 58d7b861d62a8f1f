import { type JsonObject, numberOf, objectOf, stringOf } from '../json.ts';
import { serialiseComment, serialiseEvent, type SseEvent } from '../sse.ts';
import { errorBodyFor } from './error-bodies.ts';
import { completionId } from './response-to-openai.ts';
import { errorOf, type EventTranslator, type StreamContext } from './stream.ts';
import { anthropicCounts, finishReason, openaiUsage, type TokenCounts } from './vocabulary.ts';

/** A tool call that a content block became. */
interface OpenCall {
  readonly index: number;
  /** Input that the block began with; some servers send it whole. */
  readonly input: JsonObject;
  written: boolean;
}

/** Events of an Anthropic message as chunks of a chat completion. */
export class EventsToChunks implements EventTranslator {
  complete = false;
  failed = false;
  readonly #context: StreamContext;
  #id: string;
  #model: string;
  #usage: TokenCounts | undefined;
  #calls = 0;
  readonly #open = new Map<number, OpenCall>();
  #finished = false;

  constructor(context: StreamContext) {
    this.#context = context;
    this.#id = completionId(context.requestId);
    this.#model = context.model;
  }

  comment(): string {
    return serialiseComment('ping');
  }

  event(event: SseEvent, data: JsonObject): string {
    const error = errorOf(event, data);
    if (error !== undefined) {
      this.failed = true;
      return serialiseEvent({ data: JSON.stringify(errorBodyFor('openai', undefined, error)) });
    }
    const index = numberOf(data['index']);
    switch (stringOf(data['type'], event.event)) {
      case 'message_start':
        return this.#start(objectOf(data['message']));
      case 'content_block_start':
        return this.#blockStart(index, objectOf(data['content_block']));
      case 'content_block_delta':
        return this.#blockDelta(index, objectOf(data['delta']));
      case 'content_block_stop':
        return this.#blockStop(index);
      case 'message_delta':
        return this.#messageDelta(data);
      case 'message_stop':
        return this.#stop();
      case 'ping':
        return this.comment();
      default:
        // New kinds of events are to be skipped, says the API's documentation.
        return '';
    }
  }

  #start(message: JsonObject): string {
    if (typeof message['id'] === 'string') this.#id = completionId(message['id']);
    this.#model = stringOf(message['model'], this.#model);
    this.#usage = anthropicCounts(message['usage']);
    return this.#chunk({ role: 'assistant', content: '' });
  }

  #blockStart(index: number, block: JsonObject): string {
    switch (block['type']) {
      case 'text':
        return block['text'] ? this.#chunk({ content: stringOf(block['text']) }) : '';
      case 'thinking':
        return block['thinking'] ? this.#chunk({ reasoning_content: stringOf(block['thinking']) }) : '';
      case 'tool_use': {
        const call = { index: this.#calls, input: objectOf(block['input']), written: false };
        this.#calls += 1;
        this.#open.set(index, call);
        const definition = { name: stringOf(block['name']), arguments: '' };
        return this.#callChunk(call, { id: stringOf(block['id']), type: 'function', function: definition });
      }
      default:
        return '';
    }
  }

  #blockDelta(index: number, delta: JsonObject): string {
    switch (delta['type']) {
      case 'text_delta':
        return this.#chunk({ content: stringOf(delta['text']) });
      case 'thinking_delta':
        return this.#chunk({ reasoning_content: stringOf(delta['thinking']) });
      case 'input_json_delta': {
        const call = this.#open.get(index);
        const written = stringOf(delta['partial_json']);
        if (!call || written === '') return '';
        call.written = true;
        return this.#callChunk(call, { function: { arguments: written } });
      }
      default:
        return '';
    }
  }

  #blockStop(index: number): string {
    const call = this.#open.get(index);
    this.#open.delete(index);
    // Clients parse the arguments, and nothing is no JSON.
    if (!call || call.written) return '';
    return this.#callChunk(call, { function: { arguments: JSON.stringify(call.input) } });
  }

  #messageDelta(data: JsonObject): string {
    this.#usage = anthropicCounts(data['usage'], this.#usage);
    const { stop_reason: stop } = objectOf(data['delta']);
    if (stop === undefined || stop === null || this.#finished) return '';
    this.#finished = true;
    return this.#chunk({}, finishReason(stop));
  }

  #stop(): string {
    this.complete = true;
    const counts =
      this.#context.includeUsage && this.#usage
        ? serialiseEvent({
            data: JSON.stringify({ ...this.#envelope(), choices: [], usage: openaiUsage(this.#usage) }),
          })
        : '';
    return counts + serialiseEvent({ data: '[DONE]' });
  }

  #callChunk(call: OpenCall, fields: JsonObject): string {
    return this.#chunk({ tool_calls: [{ index: call.index, ...fields }] });
  }

  #chunk(delta: JsonObject, finish: string | null = null): string {
    const choices = [{ index: 0, delta, logprobs: null, finish_reason: finish }];
    return serialiseEvent({ data: JSON.stringify({ ...this.#envelope(), choices }) });
  }

  #envelope(): JsonObject {
    return { id: this.#id, object: 'chat.completion.chunk', created: this.#context.created, model: this.#model };
  }
}
