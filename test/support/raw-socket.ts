/** A TCP client that says exactly the bytes it is given: for requests that no HTTP library would send. */
import type { Socket } from 'node:net';
import { connect } from 'node:net';

import { until } from './wait.ts';

export interface RawAnswer {
  /** Everything received, as latin-1 text. */
  text: string;
  /** Status codes of all answers on the connection. */
  statuses: number[];
  /** The other side ended the connection. */
  closed: boolean;
}

export class RawConnection {
  readonly socket: Socket;
  received = '';
  closed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => (this.received += text));
    socket.on('error', () => undefined);
    socket.on('close', () => (this.closed = true));
    socket.on('end', () => (this.closed = true));
  }

  send(bytes: string | Buffer): void {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  answer(): RawAnswer {
    const statuses = [...this.received.matchAll(/(?:^|\n)HTTP\/1\.[01] (\d{3})/g)].map((match) => Number(match[1]));
    return { text: this.received, statuses, closed: this.closed };
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

export function openRaw(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port), allowHalfOpen: false });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(new RawConnection(socket));
    });
  });
}

/** Sends the bytes and returns what came back when an answer is complete enough to judge, or the connection closed. */
export async function exchangeRaw(url: string, bytes: string | Buffer, timeoutMs = 5_000): Promise<RawAnswer> {
  using connection = await openRaw(url);
  connection.send(bytes);
  await until('an answer or a closed connection', () => connection.closed || isWhole(connection.received), timeoutMs);
  // A second, smuggled answer would follow on the heels of the first.
  await until('the connection closed', () => connection.closed, 150).catch(() => undefined);
  return connection.answer();
}

function isWhole(received: string): boolean {
  // `100 Continue` only announces the answer.
  const text = received.replace(/^(HTTP\/1\.1 1\d\d [^]*?\r\n\r\n)+/, '');
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const head = text.slice(0, end);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined) return text.length >= end + 4 + Number(length);
  return /\r\ntransfer-encoding: *chunked/i.test(head) ? text.endsWith('0\r\n\r\n') : true;
}
