import type { InferenceRoute } from '../engines/routes.ts';
import type { AnswerReader } from './answer-reader.ts';
import { AnswerTail } from './answer-tail.ts';
import { EventGate } from './event-gate.ts';
import type { AnswerTranslator } from './forward.ts';
import { isObject, type JsonObject, parseObject } from './json.ts';

export interface AdditionOptions {
  /** The client's. */
  readonly route: InferenceRoute;
  /** What puts the engine's answer into the client's dialect first. */
  readonly inner: AnswerTranslator | undefined;
  readonly reader: AnswerReader;
  /** What is added under `orchestrator`, once the answer is known; undefined: nothing. */
  readonly addition: (() => JsonObject) | undefined;
}

/** How the last event of a stream begins, of those that may say that all went well. */
const LAST_EVENTS: Readonly<Partial<Record<InferenceRoute, readonly string[]>>> = {
  '/v1/chat/completions': ['data: [DONE]', 'data:[DONE]'],
  '/v1/completions': ['data: [DONE]', 'data:[DONE]'],
  '/v1/responses': ['completed', 'incomplete'].flatMap((end) => [
    `event: response.${end}`,
    `event:response.${end}`,
    `data: {"type":"response.${end}"`,
    `data:{"type":"response.${end}"`,
  ]),
};

/** Where the response begins in the event that repeats it; the text of an answer has its quotes escaped. */
const RESPONSE = /"response"\s*:\s*\{\s*/;

/**
 * Reads an answer on its way and adds one field or one event to it, every other byte as it was: `orchestrator` as the last field of a
 * JSON body; in streams a chunk without choices in front of `[DONE]`, or the first field of the response that the last event repeats
 * (OpenAI's client gives up on events that it does not know). Anthropic's answers get nothing: they have no place for it.
 */
export function readAndAdd({ route, inner, reader, addition }: AdditionOptions): AnswerTranslator {
  const marks = LAST_EVENTS[route];
  const gate = addition && marks ? gateOf(route, marks, reader, addition) : undefined;
  const tail = new AnswerTail(route);
  const pass = (bytes: Buffer): Buffer => {
    tail.push(bytes);
    reader.push(bytes);
    return gate ? gate.push(bytes) : bytes;
  };
  return {
    keepsHeaders: inner === undefined,
    body: (status, bytes) => {
      const body = inner ? bytesOf(inner.body(status, bytes)) : bytes;
      if (status !== 200) return body;
      const object = parseObject(body.toString('utf8'));
      if (!object || isObject(object['error'])) return body;
      reader.read(object);
      return addition && marks ? withField(body, object, addition()) : body;
    },
    push: (chunk) => pass(inner ? bytesOf(inner.push(chunk)) : chunk),
    end: () => {
      const last = inner?.end();
      const bytes = last ? pass(bytesOf(last.text)) : Buffer.alloc(0);
      return {
        text: Buffer.concat([bytes, gate?.end() ?? Buffer.alloc(0)]),
        complete: last?.complete ?? tail.isComplete,
      };
    },
  };
}

/** In front of the brace that closes the body: what stands before it and after it stays. */
function withField(body: Buffer, object: JsonObject, addition: JsonObject): Buffer {
  const at = body.lastIndexOf('}');
  const comma = Object.keys(object).length === 0 ? '' : ',';
  return Buffer.concat([body.subarray(0, at), Buffer.from(comma + fieldOf(addition)), body.subarray(at)]);
}

function bytesOf(text: string | Buffer): Buffer {
  return typeof text === 'string' ? Buffer.from(text) : text;
}

function gateOf(
  route: InferenceRoute,
  marks: readonly string[],
  reader: AnswerReader,
  addition: () => JsonObject,
): EventGate {
  if (route === '/v1/responses') return new EventGate({ marks, within: RESPONSE, make: () => fieldOf(addition()) });
  const make = () => `data: ${JSON.stringify({ ...reader.fields, choices: [], orchestrator: addition() })}\n\n`;
  return new EventGate({ marks, make });
}

function fieldOf(addition: JsonObject): string {
  return `"orchestrator":${JSON.stringify(addition)}`;
}
