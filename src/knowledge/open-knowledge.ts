import type { Fleet } from '../supervisor/fleet.ts';
import type { Paths } from '../shared/paths.ts';
import type { EventBus } from '../telemetry/events.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { KnowledgeSetup, OpenKnowledge } from './setup.ts';

/** What knowledge needs of the house. */
export interface KnowledgeHouse {
  readonly fleet: Fleet;
  readonly logger: Logger;
  readonly bus: EventBus;
  readonly paths: Paths;
  readonly environment: NodeJS.ProcessEnv;
}

/** Opens the store and all that works on it. Rejects where it cannot be opened; then nothing of it is left. */
export function openKnowledge(_house: KnowledgeHouse, _setup: KnowledgeSetup): Promise<OpenKnowledge> {
  return Promise.reject(new Error('the store is not joined yet'));
}
