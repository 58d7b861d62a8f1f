/** What tests of reloads do to a running orchestrator. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'vitest';
import { stringify } from 'yaml';

import type { EventView, ReloadView } from '../../src/server/views.ts';
import { DIRECTORY } from './fake-expert.ts';
import type { Orchestrator } from './orchestrator.ts';
import { collect, SseParser, type StreamRecord } from './sse.ts';

/** The text of a file in the test's directory; `name` defaults to the profile that runs. */
export function profileText(orchestrator: Orchestrator, profile: Record<string, unknown> | string): string {
  const text = typeof profile === 'string' ? profile : stringify(profile);
  return text.replaceAll(DIRECTORY, orchestrator.directory);
}

/** Writes a file in place, by truncating it; returns its path. */
export function writeProfile(
  orchestrator: Orchestrator,
  profile: Record<string, unknown> | string,
  name = 'profile.yaml',
): string {
  const file = join(orchestrator.directory, name);
  writeFileSync(file, profileText(orchestrator, profile));
  return file;
}

/** `POST /api/reload` that must succeed. */
export async function reload(orchestrator: Orchestrator, body: Record<string, unknown> = {}): Promise<ReloadView> {
  const response = await orchestrator.post('/api/reload', body);
  expect(response.status, await response.clone().text()).toBe(200);
  return (await response.json()) as ReloadView;
}

/** A stream that has begun; `whole` settles when it has ended. */
export async function runningStream(
  orchestrator: Orchestrator,
  model: string,
  prompt = 'go on',
): Promise<{ whole: Promise<StreamRecord> }> {
  const begun = Promise.withResolvers<void>();
  const response = await orchestrator.chat(prompt, { model, stream: true });
  const whole = collect(response, () => begun.resolve());
  // Where it is refused there is no event to wait for.
  await Promise.race([begun.promise, whole]);
  return { whole };
}

export interface EventLog {
  readonly events: EventView[];
  close(): Promise<void>;
}

/** Everything that `GET /api/events` says from now on. */
export async function followEvents(orchestrator: Orchestrator): Promise<EventLog> {
  const leave = new AbortController();
  const events: EventView[] = [];
  const response = await orchestrator.request('/api/events', { signal: leave.signal });
  const parser = new SseParser(({ data }) => events.push(JSON.parse(data) as EventView));
  const listening = Promise.withResolvers<void>();
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const part of response.body ?? []) {
      parser.push(decoder.decode(part as Uint8Array, { stream: true }));
      listening.resolve();
    }
  })().catch(() => listening.resolve());
  await listening.promise;
  return {
    events,
    close: () => {
      leave.abort();
      return reading;
    },
  };
}

/** The reloads among them, in short: `ok …` or `no …`. */
export function reloadsIn(events: readonly EventView[]): string[] {
  return events.flatMap((event) => (event.type === 'reload' ? [`${event.ok ? 'ok' : 'no'} ${event.message}`] : []));
}
