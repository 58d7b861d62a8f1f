import type { Canary, EngineCall, SleepProtocol } from '../engines/contract.ts';
import { runningTimeout } from '../shared/clock.ts';
import { messageOf } from '../shared/errors.ts';
import { callEngine } from './engine-call.ts';
import type { Upstream } from './host.ts';
import { tryCanary } from './readiness.ts';

/** Weights of any size move to RAM within this, and back, or are read again. */
const TURN_TIMEOUT_MS = 180_000;
const PROOF_TIMEOUT_MS = 30_000;

/** Puts the engine to sleep and has it say so. Answers what went wrong; undefined when it sleeps. Never throws. */
export async function fallAsleep(upstream: Upstream, protocol: SleepProtocol): Promise<string | undefined> {
  try {
    await call(upstream, protocol.enter);
    const sleeping = protocol.isSleeping(JSON.parse(await call(upstream, protocol.state)));
    return sleeping === true ? undefined : 'it says that it does not sleep';
  } catch (error) {
    return messageOf(error);
  }
}

/** Wakes the engine, has it say so, and has it generate a token. Answers what went wrong; undefined when it is ready. Never throws. */
export async function wakeUp(
  upstream: Upstream,
  protocol: SleepProtocol,
  canary: Canary | undefined,
): Promise<string | undefined> {
  try {
    for (const step of protocol.wake) await call(upstream, step);
    const sleeping = protocol.isSleeping(JSON.parse(await call(upstream, protocol.state)));
    if (sleeping !== false) return 'it says that it still sleeps';
  } catch (error) {
    return messageOf(error);
  }
  return canary && (await tryCanary(upstream, canary, PROOF_TIMEOUT_MS))?.detail;
}

function call(upstream: Upstream, request: EngineCall): Promise<string> {
  return callEngine(upstream, request, runningTimeout(TURN_TIMEOUT_MS));
}
