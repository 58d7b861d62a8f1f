import { afterRunning } from '../shared/clock.ts';

/**
 * What `work` comes to, if it does so within `ms`; its signal is aborted when it does not, or when the client leaves. Rejects with a
 * reason for a person.
 */
export async function inTime<T>(
  ms: number,
  late: string,
  outgoing: { on(event: 'close', listener: () => void): unknown; off(event: 'close', listener: () => void): unknown },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const given = Promise.withResolvers<never>();
  const giveUp = (reason: string) => {
    const error = new Error(reason);
    given.reject(error);
    controller.abort(error);
  };
  const onClose = () => giveUp('the client left');
  outgoing.on('close', onClose);
  // What has come meanwhile and was not read yet, because this process was busy, counts.
  const cancel = afterRunning(ms, () => setImmediate(giveUp, late));
  try {
    return await Promise.race([work(controller.signal), given.promise]);
  } finally {
    cancel();
    outgoing.off('close', onClose);
  }
}
