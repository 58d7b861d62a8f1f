/** `status --watch`: a table that is drawn again in place, or, where the output is no terminal, one line for each move. */
import type { EventView } from '../server/views.ts';
import { CliError } from '../shared/errors.ts';
import { delay } from '../shared/clock.ts';
import type { Client } from './client.ts';
import { statusLines } from './expert-table.ts';
import { readEvents } from './read-events.ts';
import { readSnapshot, type Snapshot } from './snapshot.ts';
import { wantsColours } from './terminal.ts';

const RETRY_MS = 1_000;
const TICK_MS = 1_000;

export interface WatchOptions {
  /** Finds the orchestrator anew: after a restart it has another port and another token. */
  readonly connect: () => Client;
  readonly json: boolean;
  readonly output?: NodeJS.WriteStream;
  /** Ends the watching; a person ends it by Ctrl-C. */
  readonly signal?: AbortSignal;
}

/** Watches until the signal; survives that the orchestrator ends and comes back. @throws CliError 69 when none answers at first. */
export async function watch(options: WatchOptions): Promise<void> {
  const output = options.output ?? process.stdout;
  const view: View = output.isTTY && !options.json ? new Screen(output) : new Lines(output, options.json);
  try {
    for (let seen = false; !options.signal?.aborted;) {
      try {
        const client = options.connect();
        await follow(client, view, options.signal, () => (seen = true));
        if (!options.signal?.aborted) view.lost('the orchestrator ended');
      } catch (error) {
        if (options.signal?.aborted) return;
        if (!seen) throw error;
        view.lost(error instanceof CliError && error.exitCode === 69 ? 'no orchestrator answers' : String(error));
      }
      await delay(RETRY_MS, options.signal);
    }
  } finally {
    view.close();
  }
}

async function follow(client: Client, view: View, outer: AbortSignal | undefined, onSeen: () => void): Promise<void> {
  const ended = new AbortController();
  const signal = outer ? AbortSignal.any([outer, ended.signal]) : ended.signal;
  // Subscribed first: no move can fall between the table and the stream.
  const events = await client.open('/api/events', { signal });
  const refresh = async () => view.snapshot(await readSnapshot(client, signal));
  await refresh();
  onSeen();
  const ticking = view.ticks ? tick(refresh, signal).catch(() => ended.abort()) : undefined;
  try {
    for await (const { data } of readEvents(events)) {
      view.event(JSON.parse(data) as EventView);
      if (view.ticks) await refresh();
    }
  } catch (error) {
    // A stream that breaks off is how a killed orchestrator looks from here.
    if (!(error instanceof Error && 'code' in error)) throw error;
  } finally {
    ended.abort();
    await ticking;
  }
}

async function tick(refresh: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await delay(TICK_MS, signal);
    if (!signal.aborted) await refresh();
  }
}

interface View {
  /** Whether it shows times that pass. */
  readonly ticks: boolean;
  snapshot(snapshot: Snapshot): void;
  event(event: EventView): void;
  lost(reason: string): void;
  close(): void;
}

class Screen implements View {
  readonly ticks = true;
  readonly #output: NodeJS.WriteStream;
  #drawn = 0;
  #last: string[] = [];

  constructor(output: NodeJS.WriteStream) {
    this.#output = output;
  }

  snapshot(snapshot: Snapshot): void {
    const width = this.#output.columns || undefined;
    this.#last = statusLines(snapshot, { now: Date.now(), colours: wantsColours(this.#output), width });
    this.#draw([...this.#last, '', 'Ctrl-C ends the watching; the orchestrator goes on.']);
  }

  event(): void {}

  lost(reason: string): void {
    this.#draw([...this.#last, '', `${reason}; trying again every second. Ctrl-C ends the watching.`]);
  }

  close(): void {}

  /** Over the lines of the last time; never more than the screen holds, or going back up would miss its mark. */
  #draw(lines: string[]): void {
    const shown = lines.slice(0, Math.max(3, (this.#output.rows || 24) - 1));
    const up = this.#drawn > 0 ? `\u001B[${this.#drawn}A` : '';
    this.#output.write(`${up}\r${shown.map((line) => `${line}\u001B[K\n`).join('')}\u001B[J`);
    this.#drawn = shown.length;
  }
}

class Lines implements View {
  readonly ticks = false;
  readonly #output: NodeJS.WritableStream;
  readonly #json: boolean;
  #first = true;
  #lost = false;

  constructor(output: NodeJS.WritableStream, json: boolean) {
    this.#output = output;
    this.#json = json;
  }

  snapshot({ stats, experts }: Snapshot): void {
    if (this.#lost && !this.#first) process.stderr.write(`the orchestrator answers again at ${stats.url}\n`);
    this.#lost = false;
    if (!this.#json && this.#first) {
      for (const expert of experts) this.#output.write(`${new Date().toISOString()}  ${expert.id}  ${expert.state}\n`);
    }
    this.#first = false;
  }

  event(event: EventView): void {
    if (this.#json) this.#output.write(`${JSON.stringify(event)}\n`);
    else if (event.type === 'lifecycle') {
      const reason = event.reason === null ? '' : `  (${event.reason})`;
      this.#output.write(`${event.at}  ${event.expert}  ${event.from} → ${event.to}${reason}\n`);
    } else if (event.type === 'plan' && event.action === 'refuse') {
      // Every other plan shows as a move, which carries its reason.
      this.#output.write(`${event.at}  ${event.expert}  refused  (${event.reason})\n`);
    }
  }

  lost(reason: string): void {
    if (!this.#lost) process.stderr.write(`${reason}; trying again every second\n`);
    this.#lost = true;
  }

  close(): void {}
}
