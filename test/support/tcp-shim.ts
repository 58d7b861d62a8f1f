import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** What a line does with the bytes that are sent over it. */
export type LineState = 'open' | 'slow' | 'hole' | 'refusing';

/** A line to a server on this machine that can be made slow (each piece 5 s late), swallow everything, or refuse. */
export class TcpShim {
  state: LineState = 'open';
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((socket) => this.#join(socket));

  private constructor(target: number) {
    this.#target = target;
  }

  static async to(port: number): Promise<TcpShim> {
    const shim = new TcpShim(port);
    shim.#server.listen(0, '127.0.0.1');
    await once(shim.#server, 'listening');
    return shim;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  /** Ends what is connected. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.#server.close();
    this.cut();
    await once(this.#server, 'close');
  }

  #join(near: Socket): void {
    if (this.state === 'refusing') return void near.destroy();
    const far = connect(this.#target, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.on('data', (data) => this.#pass(data, to));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }

  #pass(data: Buffer, to: Socket): void {
    if (this.state === 'hole') return;
    if (this.state === 'open') return void to.write(data);
    setTimeout(() => to.write(data), 5_000).unref();
  }
}
