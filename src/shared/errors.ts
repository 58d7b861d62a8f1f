/**
 * Every error a client, an operator or a log can see, written once.
 * `fault` decides the tone: a user error is one sentence and a next step; a system error also carries its cause.
 * The README's table is compared with this catalogue by a test.
 */
export const CATALOGUE = {
  invalid_json: {
    status: 400,
    type: 'invalid_request_error',
    fault: 'user',
    says: 'The body is not the JSON object that the route takes',
  },
  invalid_request: {
    status: 400,
    type: 'invalid_request_error',
    fault: 'user',
    says: 'A field is missing, of the wrong type, or nested too deeply',
  },
  parameter_refused: {
    status: 400,
    type: 'invalid_request_error',
    fault: 'user',
    says: 'A field has a value that could harm the engine; `param` names it',
  },
  media_url_refused: {
    status: 400,
    type: 'invalid_request_error',
    fault: 'user',
    says: 'An image or audio part is a URL; send the bytes as a `data:` URL',
  },
  endpoint_not_supported: {
    status: 400,
    type: 'invalid_request_error',
    fault: 'user',
    says: 'The expert exists but its engine does not serve this route',
  },
  context_too_long: {
    status: 400,
    type: 'invalid_request_error',
    fault: 'user',
    says: 'More tokens are asked for than the context of the expert holds',
  },
  profile_invalid: {
    status: 400,
    type: 'invalid_request_error',
    fault: 'user',
    says: 'The profile that was to be reloaded is invalid; the one in force stays, the message has file, line and column',
  },
  unauthorized: {
    status: 401,
    type: 'authentication_error',
    fault: 'user',
    says: 'No key, or a key that this orchestrator does not know',
  },
  forbidden: { status: 403, type: 'permission_error', fault: 'user', says: 'The key is known but may not do this' },
  origin_refused: {
    status: 403,
    type: 'permission_error',
    fault: 'user',
    says: 'A browser page of another origin sent this',
  },
  web_refused: {
    status: 403,
    type: 'permission_error',
    fault: 'user',
    says: 'Knowledge may not fetch from this address, or from where it leads; the message says what to allow',
  },
  model_not_found: {
    status: 404,
    type: 'invalid_request_error',
    fault: 'user',
    says: 'No expert, alias or variant has this name',
  },
  request_not_found: {
    status: 404,
    type: 'invalid_request_error',
    fault: 'user',
    says: 'None of the last requests of this user has this id',
  },
  user_not_found: {
    status: 404,
    type: 'invalid_request_error',
    fault: 'user',
    says: 'No account has this name, or it has no key of this id',
  },
  document_not_found: {
    status: 404,
    type: 'invalid_request_error',
    fault: 'user',
    says: 'This user has no document, file or batch of this id',
  },
  collection_not_found: {
    status: 404,
    type: 'invalid_request_error',
    fault: 'user',
    says: 'This user has no collection (vector store) of this id or name',
  },
  knowledge_off: {
    status: 404,
    type: 'invalid_request_error',
    fault: 'user',
    says: 'The profile keeps no documents; `knowledge: { enabled: true }` does',
  },
  memory_off: {
    status: 404,
    type: 'invalid_request_error',
    fault: 'user',
    says: 'The profile keeps no memory, no conversations or no feedback; the message says what to switch on',
  },
  memory_not_found: {
    status: 404,
    type: 'invalid_request_error',
    fault: 'user',
    says: 'Nothing of this id is remembered of this user',
  },
  conversation_not_found: {
    status: 404,
    type: 'invalid_request_error',
    fault: 'user',
    says: 'This user has no conversation of this id',
  },
  feedback_not_found: {
    status: 404,
    type: 'invalid_request_error',
    fault: 'user',
    says: 'This user has given no feedback of this id',
  },
  route_not_found: { status: 404, type: 'invalid_request_error', fault: 'user', says: 'No such route' },
  method_not_allowed: {
    status: 405,
    type: 'invalid_request_error',
    fault: 'user',
    says: 'The route exists, but not for this method',
  },
  request_timeout: {
    status: 408,
    type: 'invalid_request_error',
    fault: 'user',
    says: 'The request did not arrive whole in time',
  },
  conflict: {
    status: 409,
    type: 'invalid_request_error',
    fault: 'user',
    says: 'The state of the expert does not allow this now',
  },
  body_too_large: {
    status: 413,
    type: 'invalid_request_error',
    fault: 'user',
    says: 'The body is larger than the limit',
  },
  content_type_refused: {
    status: 415,
    type: 'invalid_request_error',
    fault: 'user',
    says: 'The route takes `application/json` (audio transcription: `multipart/form-data`)',
  },
  host_refused: {
    status: 421,
    type: 'invalid_request_error',
    fault: 'user',
    says: 'The `Host` header names another machine; list it under `security.allowedHosts`',
  },
  document_unreadable: {
    status: 422,
    type: 'invalid_request_error',
    fault: 'user',
    says: 'Nothing could be read of the file; the message says why and what to give instead',
  },
  queue_full: {
    status: 429,
    type: 'rate_limit_error',
    fault: 'user',
    says: 'Too many requests wait for this expert already',
  },
  rate_limited: {
    status: 429,
    type: 'rate_limit_error',
    fault: 'user',
    says: 'More than a key, a user or an address may send; `Retry-After` says when to go on',
  },
  budget_exhausted: {
    status: 429,
    type: 'rate_limit_error',
    fault: 'user',
    says: 'The key has used up what it may in a day (UTC); `Retry-After` says when the next one begins',
  },
  internal: {
    status: 500,
    type: 'server_error',
    fault: 'system',
    says: 'A defect of the orchestrator; the log has the details under the request id',
  },
  engine_unreachable: {
    status: 502,
    type: 'server_error',
    fault: 'system',
    says: 'The engine did not accept the connection',
  },
  engine_died: {
    status: 502,
    type: 'server_error',
    fault: 'system',
    says: 'The engine accepted the request and ended before it answered, or broke off while answering',
  },
  engine_answer_invalid: {
    status: 502,
    type: 'server_error',
    fault: 'system',
    says: 'The engine answered with something that is not its protocol',
  },
  web_unavailable: {
    status: 502,
    type: 'server_error',
    fault: 'system',
    says: 'A page or a source of the web did not give what was asked for, in time, size and kind; the message has the cause',
  },
  engine_start_failed: {
    status: 503,
    type: 'server_error',
    fault: 'system',
    says: 'The engine ended or stalled before it was ready; the message has the cause',
  },
  engine_missing: {
    status: 503,
    type: 'server_error',
    fault: 'system',
    says: 'The engine program is not installed; the message has the command that installs it',
  },
  engine_unfit: {
    status: 503,
    type: 'server_error',
    fault: 'system',
    says: 'The engine cannot serve this model, or not on this processor; the message names one that can',
  },
  gpu_unavailable: {
    status: 503,
    type: 'server_error',
    fault: 'system',
    says: 'The expert asks for a GPU that the engine build or this machine does not offer',
  },
  model_unavailable: {
    status: 503,
    type: 'server_error',
    fault: 'system',
    says: 'The model file is not on this machine, or is not what the profile pins',
  },
  expert_backing_off: {
    status: 503,
    type: 'server_error',
    fault: 'system',
    says: 'The engine crashed a moment ago; `Retry-After` says when it is tried again',
  },
  expert_failed: {
    status: 503,
    type: 'server_error',
    fault: 'system',
    says: 'The engine failed for a reason that a retry does not change, or too often',
  },
  expert_stopped: {
    status: 503,
    type: 'server_error',
    fault: 'system',
    says: 'The expert was unloaded while the request waited or ran',
  },
  no_room: {
    status: 503,
    type: 'server_error',
    fault: 'system',
    says: 'No expert that may be unloaded makes room for this one',
  },
  knowledge_unavailable: {
    status: 503,
    type: 'server_error',
    fault: 'system',
    says: 'The database of the documents is still opening or does not answer; inference goes on without it',
  },
  identity_unavailable: {
    status: 503,
    type: 'server_error',
    fault: 'system',
    says: 'The accounts are still being read, or have been out of reach too long; keys of the profile count meanwhile',
  },
  queue_timeout: {
    status: 503,
    type: 'server_error',
    fault: 'system',
    says: 'The request waited longer than `queue.age`',
  },
  shutting_down: { status: 503, type: 'server_error', fault: 'system', says: 'The orchestrator is stopping' },
  too_many_connections: {
    status: 503,
    type: 'rate_limit_error',
    fault: 'user',
    says: 'This address holds too many connections',
  },
  first_byte_timeout: {
    status: 504,
    type: 'server_error',
    fault: 'system',
    says: 'The engine did not begin to answer within `timeouts.firstByte`',
  },
  idle_timeout: {
    status: 504,
    type: 'server_error',
    fault: 'system',
    says: 'The engine fell silent for `timeouts.betweenBytes` in the middle of an answer',
  },
  total_timeout: {
    status: 504,
    type: 'server_error',
    fault: 'system',
    says: 'The answer took longer than `timeouts.total`',
  },
  storage_full: { status: 507, type: 'server_error', fault: 'system', says: 'The disk has no room for this' },
} as const satisfies Record<string, { status: number; type: string; fault: 'user' | 'system'; says: string }>;

export type ErrorCode = keyof typeof CATALOGUE;

export interface AppErrorOptions extends ErrorOptions {
  /** The field of the request that is wrong. */
  param?: string;
  /** Seconds after which the same request may succeed. */
  retryAfterSeconds?: number;
  /** Further fields of the error body, e.g. the list of known models. */
  details?: Record<string, unknown>;
}

/** The one error class of the program: what happened, to what, and what to try. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly param: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly details: Record<string, unknown> | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.param = options.param;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.details = options.details;
  }

  get status(): number {
    return CATALOGUE[this.code].status;
  }

  get fault(): 'user' | 'system' {
    return CATALOGUE[this.code].fault;
  }

  /** OpenAI's error object, plus the mark that we, not the engine, wrote it. */
  toBody(): { error: Record<string, unknown> } {
    const { type } = CATALOGUE[this.code];
    return {
      error: {
        message: this.message,
        type,
        code: this.code,
        param: this.param ?? null,
        source: 'orchestrator',
        ...this.details,
      },
    };
  }
}

/** Anything thrown, as an `AppError`; what is neither one nor a full disk becomes `internal` and keeps its cause. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const { code, path } = (error instanceof Error ? error : {}) as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const where = path === undefined ? '' : ` (${path})`;
    return new AppError('storage_full', `The disk has no room for this${where}. Make room and try again.`, {
      cause: error,
    });
  }
  return new AppError(
    'internal',
    'Something went wrong inside the orchestrator; the log has the details under this request id.',
    {
      cause: error,
    },
  );
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A failure of a command-line command: one sentence, a next step, and the exit code of design section 5. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;

  constructor(message: string, exitCode = 1, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
