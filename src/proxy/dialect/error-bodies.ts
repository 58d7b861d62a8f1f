import type { Dialect } from '../../engines/routes.ts';
import { isObject, type JsonObject, objectOf, stringOf } from '../json.ts';

/** An error as any server may word it. */
interface Fault {
  readonly message: string;
  readonly type: string;
  readonly code: string | number | null;
  readonly param: string | null;
}

const ANTHROPIC_BY_STATUS: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

const ANTHROPIC_TO_OPENAI: Readonly<Record<string, string>> = {
  invalid_request_error: 'invalid_request_error',
  authentication_error: 'authentication_error',
  permission_error: 'permission_error',
  not_found_error: 'invalid_request_error',
  request_too_large: 'invalid_request_error',
  rate_limit_error: 'rate_limit_error',
};
const OPENAI_TO_ANTHROPIC = new Set(Object.keys(ANTHROPIC_TO_OPENAI));

/** An upstream's error body (parsed, or the text where it is no JSON) in the shape that the client's dialect has for it. */
export function errorBodyFor(to: Dialect, status: number | undefined, body: unknown): JsonObject {
  const fault = readFault(body, status);
  return to === 'anthropic' ? anthropicError(fault, status) : openaiError(fault, status);
}

/** OpenAI, Anthropic, FastAPI and llama.cpp all say it differently; some say only a string. */
function readFault(body: unknown, status: number | undefined): Fault {
  const outer = objectOf(body);
  const inner = isObject(outer['error']) ? outer['error'] : outer;
  const words = [inner['message'], outer['error'], outer['detail'], body].find(
    (text) => typeof text === 'string' && text.trim() !== '',
  );
  const { code, param } = inner;
  return {
    message: stringOf(words, `The upstream answered with status ${status ?? 'unknown'} and no explanation`).slice(
      0,
      4_000,
    ),
    type: stringOf(inner['type']),
    code: typeof code === 'string' || typeof code === 'number' ? code : null,
    param: typeof param === 'string' ? param : null,
  };
}

function anthropicError(fault: Fault, status: number | undefined): JsonObject {
  const byStatus = ANTHROPIC_BY_STATUS[status ?? Number(fault.code)];
  const fallback = status === undefined || status >= 500 ? 'api_error' : 'invalid_request_error';
  const type = byStatus ?? (OPENAI_TO_ANTHROPIC.has(fault.type) ? fault.type : fallback);
  return { type: 'error', error: { type, message: fault.message } };
}

function openaiError(fault: Fault, status: number | undefined): JsonObject {
  const type =
    ANTHROPIC_TO_OPENAI[fault.type] ??
    (status !== undefined && status < 500 ? 'invalid_request_error' : 'server_error');
  // Anthropic's type says more than OpenAI's: it is kept as the code.
  return { error: { message: fault.message, type, code: fault.code ?? (fault.type || null), param: fault.param } };
}
