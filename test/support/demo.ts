import { resolve } from 'node:path';

import type { Orchestrator } from './orchestrator.ts';
import { startOrchestrator } from './orchestrator.ts';
import { realEnvironment } from './real-parts.ts';

/** The shipped demo profile as it stands, on a free port and in a state directory of its own. */
export function startDemo(more: Record<string, unknown> = {}): Promise<Orchestrator> {
  const demo = resolve(import.meta.dirname, '../../profiles/demo.yaml');
  return startOrchestrator({ profile: { extends: demo, ...more }, env: realEnvironment() });
}
