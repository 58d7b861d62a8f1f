import { defineConfig } from 'vitest/config';

const project = (name: string, include: string[], testTimeout: number, parallel = true) => ({
  test: {
    name,
    include,
    testTimeout,
    hookTimeout: testTimeout,
    environment: 'node' as const,
    fileParallelism: parallel,
  },
});

/** Suites that need more than `npm test` gets run where `--project` names them, and only there. */
const onlyWhenNamed = (name: string) =>
  process.argv.includes(name) ? [project(name, [`test/${name}/**/*.test.ts`], 300_000, false)] : [];

export default defineConfig({
  test: {
    projects: [
      project('unit', ['test/unit/**/*.test.ts', 'test/contract/**/*.test.ts', 'test/*.test.ts'], 20_000),
      project('integration', ['test/integration/**/*.test.ts'], 120_000, false),
      project('e2e', ['test/e2e/**/*.test.ts'], 300_000, false),
      ...onlyWhenNamed('bitnet'),
      ...onlyWhenNamed('vllm'),
      ...onlyWhenNamed('surrealdb'),
    ],
  },
});
