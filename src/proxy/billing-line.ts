import { isObject, type JsonObject } from './json.ts';

const PREFIX = 'x-anthropic-billing-header:';

/**
 * `x-anthropic-billing-header: cc_version=2.1.37.0d9; cc_entrypoint=cli; cch=fa690;`, alone in a block, as a line of its own,
 * or (where a client joined its blocks) directly before the text that follows.
 */
const LINE = /^x-anthropic-billing-header:(?:[ \t]*[\w.-]+=[^;\s]*(?:;|(?=\s|$)))*[ \t]*(?:\r?\n)?/m;

/**
 * Takes the billing line out of the system prompt of a `/v1/messages` body. Coding agents put it first and change it with
 * every request, so that no local engine could reuse a cached prompt. Answers the same object where there is none.
 */
export function removeBillingLine(body: JsonObject): JsonObject {
  const { system, messages } = body;
  let result = body;

  const prompt = withoutLine(system);
  if (prompt !== system) {
    result = { ...body };
    if (prompt === undefined) delete result['system'];
    else result['system'] = prompt;
  }

  const first: unknown = Array.isArray(messages) ? messages[0] : undefined;
  if (Array.isArray(messages) && isObject(first) && first['role'] === 'system') {
    const content = withoutLine(first['content']);
    if (content !== first['content']) {
      const rest: unknown[] = messages.slice(1);
      result = { ...result, messages: content === undefined ? rest : [{ ...first, content }, ...rest] };
    }
  }
  return result;
}

/** The same value where the line is not in it, undefined where nothing else was in it. */
function withoutLine(content: unknown): unknown {
  if (typeof content === 'string') {
    if (!content.includes(PREFIX)) return content;
    const rest = content.replace(LINE, '');
    return rest === '' ? undefined : rest;
  }
  if (!Array.isArray(content)) return content;
  const blocks: unknown[] = content;
  if (!blocks.some((block) => isObject(block) && typeof block['text'] === 'string' && block['text'].startsWith(PREFIX)))
    return content;
  const rest = blocks.flatMap((block) => {
    if (!isObject(block) || typeof block['text'] !== 'string' || !block['text'].startsWith(PREFIX)) return [block];
    const text = block['text'].replace(LINE, '');
    return text.trim() === '' ? [] : [{ ...block, text }];
  });
  return rest.length === 0 ? undefined : rest;
}
