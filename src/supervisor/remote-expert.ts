import { Agent, type Dispatcher } from 'undici';

import type { ExpertBase, RemoteAdapter } from '../engines/contract.ts';
import { AppError } from '../shared/errors.ts';
import { DirectDispatcher } from './direct-dispatcher.ts';
import { Drain } from './drain.ts';
import type { Upstream } from './host.ts';
import { Lease, type LeaseOwner } from './lease.ts';

const CONNECT_TIMEOUT_MS = 10_000;

/** An expert on an endpoint that someone else runs: nothing to start, nothing to stop, never asked for a token of its own. */
export class RemoteExpert implements LeaseOwner {
  readonly expert: ExpertBase;
  readonly adapter: RemoteAdapter;
  readonly #upstream: Upstream;
  /** The part of the base URL that stands before the route. */
  readonly pathPrefix: string;
  readonly #missing: readonly string[];
  readonly #dispatcher: Dispatcher;
  readonly #leases = new Set<Lease>();
  readonly since: Date;
  #draining: Drain | undefined;
  onRelease: (() => void) | undefined;

  constructor(expert: ExpertBase, adapter: RemoteAdapter, environment: NodeJS.ProcessEnv, startedAt: Date) {
    this.expert = expert;
    this.adapter = adapter;
    this.since = startedAt;
    this.#missing = adapter.requiredEnvironment(expert).filter((name) => !environment[name]);
    const base = new URL(adapter.origin(expert));
    this.#dispatcher = openDispatcher(base, expert.parallel);
    this.pathPrefix = base.pathname.replace(/\/+$/, '');
    this.#upstream = {
      dispatcher: this.#dispatcher,
      origin: base.origin,
      headers: adapter.authorize(expert, environment),
    };
  }

  get id(): string {
    return this.expert.id;
  }
  get leases(): Iterable<Lease> {
    return this.#leases;
  }
  get inFlight(): number {
    return this.#leases.size;
  }

  refusal(): AppError | undefined {
    if (this.#missing.length === 0) return undefined;
    return new AppError(
      'expert_failed',
      `${this.id} needs a key: set ${this.#missing.join(', ')} in the environment of the orchestrator and start it again.`,
    );
  }

  tryEnter(background = false, user = ''): Lease | undefined {
    if (this.#missing.length > 0 || this.#leases.size >= this.expert.parallel) return undefined;
    const lease = new Lease(this, this.#upstream, background, undefined, user);
    this.#leases.add(lease);
    return lease;
  }

  leave(lease: Lease): void {
    this.#leases.delete(lease);
    if (this.#leases.size === 0) this.#draining?.finish();
    this.onRelease?.();
  }

  silent(): void {
    // Somebody else's endpoint: a deadline there says nothing that we could mend.
  }

  /** Ends a drain under way. */
  hurry(): void {
    this.#draining?.finish();
  }

  /** Lets what runs finish for `drainMs`, cuts the rest. */
  async close(drainMs: number): Promise<void> {
    if (this.#leases.size > 0 && drainMs > 0) {
      this.#draining = new Drain(drainMs);
      await this.#draining.done;
    }
    for (const lease of this.#leases)
      lease.onCut?.(new AppError('shutting_down', `${this.id} is being closed; send the request again.`));
    await this.#dispatcher.destroy();
  }
}

function openDispatcher(base: URL, connections: number): Dispatcher {
  const agent = new Agent({
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    connections,
  });
  if (base.protocol !== 'http:') return agent;
  const address = { host: base.hostname.replace(/^\[|\]$/g, ''), port: Number(base.port || 80) };
  return new DirectDispatcher({ address, host: base.host, connectTimeoutMs: CONNECT_TIMEOUT_MS, other: agent });
}
