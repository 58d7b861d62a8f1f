import type { AnswerTranslator } from './forward.ts';
import { parseObject } from './json.ts';
import { serialiseComment, serialiseEvent, SseParser } from './sse.ts';

/**
 * A stream of a llama-server of 2024 as today's clients read one. That server reports a failure in the middle of a stream as a chunk
 * `data: {"code", "message", "type"}`, the same again as `error: {…}`, which is no field of an event stream, and a `[DONE]` that
 * looks like success. The client gets one `data: {"error": …}` in the engine's words, and nothing after it.
 */
export function translateErrorLines(): AnswerTranslator {
  const parser = new SseParser();
  let [complete, failed] = [false, false];
  return {
    body: (_status, body) => body.toString('utf8'),
    push: (chunk) => {
      let text = '';
      for (const item of parser.push(chunk)) {
        if (failed) break;
        if (item.kind === 'comment') {
          text += serialiseComment(item.text);
          continue;
        }
        const error = item.event === 'error' ? (parseObject(item.data) ?? { message: item.data }) : errorIn(item.data);
        failed = error !== undefined;
        complete ||= item.data.trim() === '[DONE]';
        text += serialiseEvent(
          error
            ? { data: JSON.stringify({ error }) }
            : { ...item, ...(item.event === 'message' && { event: undefined }) },
        );
      }
      return text;
    },
    end: () => ({ text: '', complete: complete || failed }),
  };
}

/** A chunk of an answer begins with its choices. */
function errorIn(data: string): object | undefined {
  if (!data.startsWith('{"code":')) return undefined;
  const object = parseObject(data);
  return object && typeof object['message'] === 'string' && object['choices'] === undefined ? object : undefined;
}
