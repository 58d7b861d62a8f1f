/** The whole of knowledge over a real store in memory; only the embedding expert is made up. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Registry } from 'prom-client';

import { joinParts } from '../../../src/knowledge/open-knowledge.ts';
import type { DocumentView } from '../../../src/knowledge/contract.ts';
import type { Net } from '../../../src/knowledge/web/pinned-agent.ts';
import type { KnowledgeSetup, OpenKnowledge } from '../../../src/knowledge/setup.ts';
import { resolvePaths } from '../../../src/shared/paths.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { Store } from '../../../src/store/contract.ts';
import type { Fleet } from '../../../src/supervisor/fleet.ts';
import { EventBus, type OrchestratorEvent } from '../../../src/telemetry/events.ts';
import { KnowledgeMetrics } from '../../../src/telemetry/knowledge-metrics.ts';
import { until } from '../../support/wait.ts';
import { Sandbox } from '../profiles/sandbox.ts';
import { silentLogger } from '../supervisor/house.ts';
import { FakeEmbeddingExpert } from './embed/fake-embedding-expert.ts';

export class OpenBase {
  readonly directory: string;
  readonly store: Store;
  readonly expert: FakeEmbeddingExpert;
  readonly registry = new Registry();
  readonly #metrics = new KnowledgeMetrics(this.registry);
  readonly events: OrchestratorEvent[] = [];
  base!: OpenKnowledge;
  /** In the place of the net. */
  net: Net | undefined;

  constructor(directory: string, store: Store, expert = new FakeEmbeddingExpert()) {
    this.directory = directory;
    this.store = store;
    this.expert = expert;
  }

  get spoolDir(): string {
    return join(this.directory, 'state', 'knowledge', 'spool');
  }

  async open(setup: KnowledgeSetup): Promise<void> {
    const bus = new EventBus((error) => {
      throw error;
    });
    bus.subscribe((event) => this.events.push(event));
    const fleet = { ...this.expert.fleet, totalQueued: 0, processes: [] } as unknown as Fleet;
    const house = {
      fleet,
      bus,
      logger: silentLogger,
      metrics: this.#metrics,
      paths: resolvePaths({ HOME: this.directory }, join(this.directory, 'state')),
      net: this.net,
    };
    this.base = await joinParts(house, setup, { store: this.store, users: await this.store.users() });
  }

  async settled(user: string, id: string): Promise<DocumentView> {
    return until('it is read', async () => {
      const view = await this.base.get(user, id);
      return view?.state === 'queued' ? undefined : view;
    });
  }

  async embedded(user: string, id: string): Promise<DocumentView> {
    return until('it has its vectors', async () => {
      const view = await this.base.get(user, id);
      return view && view.state !== 'queued' && view.embedded === view.chunks ? view : undefined;
    });
  }

  /** Adds a text and waits until it is read. */
  async read(user: string, text: string, collections?: readonly string[]): Promise<DocumentView> {
    const { document } = await this.base.add(user, { kind: 'text', text }, { collections });
    return this.settled(user, document.id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.base.close();
    await this.store.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export async function setupOf(
  knowledge = '{ enabled: true, web: { quarantine: false } }',
  expert?: FakeEmbeddingExpert,
): Promise<KnowledgeSetup> {
  const sandbox = new Sandbox();
  const yaml = `experts:\n  a: { model: { path: a.gguf } }\nknowledge: ${knowledge}\n`;
  const profile = await sandbox.load(sandbox.write('p.yaml', yaml));
  return {
    knowledge: profile.knowledge,
    embedding: expert?.helper,
    rerank: undefined,
    directory: sandbox.directory,
    primaryLanguages: ['en'],
  };
}

export async function openBase(setup?: KnowledgeSetup, expert?: FakeEmbeddingExpert, net?: Net): Promise<OpenBase> {
  const directory = mkdtempSync(join(tmpdir(), 'orchestrator-knowledge-'));
  const house = new OpenBase(directory, openStore({ place: { kind: 'memory' } }), expert);
  house.net = net;
  await house.open(setup ?? (await setupOf()));
  return house;
}
