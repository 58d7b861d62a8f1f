import type { IncomingMessage } from 'node:http';

import type { Bounded, Deadlines } from '../proxy/deadlines.ts';
import { AppError } from '../shared/errors.ts';
import { formatBytes } from '../shared/units.ts';

/** A sender that keeps at least this rate may take as long as it needs; one byte every two seconds may not. */
const MIN_BYTES_PER_SECOND = 16 << 10;

export interface BodyLimits {
  readonly maxBytes: number;
  /** Milliseconds before the rate begins to count. */
  readonly graceMs: number;
}

/** The whole body, bounded in size and time. Rejects with `body_too_large` or `request_timeout`; the connection must then be closed. */
export function readBody(incoming: IncomingMessage, limits: BodyLimits, deadlines: Deadlines): Promise<Buffer> {
  const announced = Number(incoming.headers['content-length'] ?? 0);
  if (announced > limits.maxBytes) return Promise.reject(tooLarge(limits.maxBytes));
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const chunks: Buffer[] = [];
    let bytes = 0;
    const bounded: Bounded = {
      deadlineMs: started + limits.graceMs,
      place: -1,
      onDeadline: () =>
        settle(() => reject(new AppError('request_timeout', 'The body did not arrive in time; send it faster.'))),
    };
    const settle = (act: () => void) => {
      deadlines.remove(bounded);
      incoming.off('data', onData);
      incoming.off('end', onEnd);
      incoming.off('close', onClose);
      act();
    };
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > limits.maxBytes) return settle(() => reject(tooLarge(limits.maxBytes)));
      chunks.push(chunk);
      bounded.deadlineMs = started + limits.graceMs + (bytes / MIN_BYTES_PER_SECOND) * 1_000;
    };
    const onEnd = () => settle(() => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    const onClose = () =>
      settle(() => reject(new AppError('invalid_request', 'The connection closed before the whole body had arrived.')));
    incoming.on('data', onData);
    incoming.on('end', onEnd);
    incoming.on('close', onClose);
    incoming.on('error', onClose);
    deadlines.add(bounded);
  });
}

function tooLarge(maxBytes: number): AppError {
  return new AppError(
    'body_too_large',
    `The body is larger than ${formatBytes(maxBytes)} (limits.bodySize in the profile).`,
  );
}
