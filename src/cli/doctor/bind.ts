import { createServer } from 'node:net';

/** Why nothing can listen on the port; undefined when something can. Listens for a moment to find out. */
export function bindError(port: number, host = '127.0.0.1'): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}
