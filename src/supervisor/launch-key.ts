import type { ProcessAdapter } from '../engines/contract.ts';
import { modelsOf } from '../engines/expert-models.ts';
import { adaptersOf } from '../engines/lora.ts';
import type { ProcessExpert } from './launcher.ts';

/**
 * Everything of an expert's settings that its running process was started with: two settings with the same key can share the
 * process. Names, request defaults, idle time and the like are not in it, and change without a restart.
 */
export function launchKey(expert: ProcessExpert, adapter: ProcessAdapter): string {
  const launch = adapter.launch(expert, {
    program: undefined,
    files: {
      model: 'model',
      mmproj: 'mmproj',
      ...(expert.chatTemplate ? { chatTemplate: expert.chatTemplate } : {}),
      ...(expert.draft ? { draft: 'draft' } : {}),
      loras: adaptersOf(expert).map((_, index) => ({ path: `lora ${index}` })),
    },
    listen: { kind: 'port', port: 1 },
    apiKey: 'key',
    cores: 1,
    // Whether it keeps its caches, not where.
    ...(adapter.slots?.(expert, undefined) ? { slotsDir: 'slots' } : {}),
    // One device of a round size: what is reserved on it is part of the key.
    gpus: [{ index: 0, uuid: 'GPU', name: 'GPU', totalBytes: 2 ** 40 }],
  });
  return JSON.stringify([
    expert.id,
    adapter.name,
    launch,
    modelsOf(expert),
    expert.chatTemplateDigest,
    expert.task,
    expert.parallel,
    adapter.build(expert),
    adapter.binary(expert),
    adapter.health(expert),
    adapter.provesIdentity(expert),
    // Which of them it gets is the planner's choice, and so not in the argv.
    (expert as { readonly gpus?: unknown }).gpus,
  ]);
}
