import type { Dialect } from '../engines/routes.ts';
import type { AppError } from '../shared/errors.ts';

/** The SSE event that ends a broken stream, in the shapes of the client's dialect. */
export function errorFrame(error: AppError, dialect: Dialect): string {
  if (dialect === 'anthropic') return `event: error\ndata: ${JSON.stringify(anthropicError(error))}\n\n`;
  return `data: ${JSON.stringify(error.toBody())}\n\n`;
}

/** The body of an error answer in the shapes of the client's dialect. */
export function errorBody(error: AppError, dialect: Dialect): string {
  return JSON.stringify(dialect === 'anthropic' ? anthropicError(error) : error.toBody());
}

function anthropicError(error: AppError): unknown {
  const { error: body } = error.toBody();
  return {
    type: 'error',
    error: {
      ...body,
      type: ANTHROPIC_TYPES[error.status] ?? (error.status < 500 ? 'invalid_request_error' : 'api_error'),
    },
  };
}

const ANTHROPIC_TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
};

/** What keeps a waiting stream open through proxies in between. */
export function waitingFrame(route: string): string {
  return route === '/v1/messages' ? 'event: ping\ndata: {"type":"ping"}\n\n' : ': waiting for the expert\n\n';
}
