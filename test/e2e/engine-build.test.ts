import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { installEngine } from '../../src/binaries/install.ts';
import { readRecipe } from '../../src/binaries/recipe.ts';
import { resolvePaths } from '../../src/shared/paths.ts';
import { available } from '../support/skip.ts';

const onPath = (program: string) =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
const hasTools =
  ['git', 'cmake', 'c++'].every((tool) => onPath(tool)) && ['ninja', 'make'].some((tool) => onPath(tool));

/** Stands in for the project's sources: the same targets in the same places, and a library that is found beside the program. */
const PROJECT = {
  'CMakeLists.txt': `cmake_minimum_required(VERSION 3.14)
project(stand_in C)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY \${CMAKE_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY \${CMAKE_BINARY_DIR}/bin)
if(NOT GGML_NATIVE OR LLAMA_BUILD_UI)
  message(FATAL_ERROR "not built as the recipe says")
endif()
add_library(llama version.c)
foreach(name server quantize bench)
  add_executable(llama-\${name} main.c)
  target_link_libraries(llama-\${name} llama)
endforeach()
`,
  'version.c': 'const char *version(void) { return "version: 4242 (built)"; }\n',
  'main.c': `#include <stdio.h>
#include <string.h>
const char *version(void);
int main(int count, char **words) {
  if (count > 1 && !strcmp(words[1], "--version")) return puts(version()) < 0;
  if (count > 1 && !strcmp(words[1], "--help")) return puts("-m,    --model FNAME   model") < 0;
  return 1;
}
`,
};

available(hasTools, 'building an engine: git, cmake or a compiler is not on this machine');

it('the recipe fetches the pinned tag, builds it, and leaves a program that finds its libraries wherever it lies', async () => {
  const home = mkdtempSync(join(tmpdir(), 'build '));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const repository = join(home, 'upstream');
  mkdirSync(repository);
  for (const [name, content] of Object.entries(PROJECT)) writeFileSync(join(repository, name), content);
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@localhost', ...args], { cwd: repository });
  git('init', '-q');
  git('add', '.');
  git('commit', '-q', '-m', 'stand-in');
  git('tag', readRecipe('llama-server').pins.tag);

  const environment = {
    PATH: process.env['PATH'],
    HOME: home,
    ORCHESTRATOR_LLAMA_REPOSITORY: `file://${repository}`,
  };
  const stages: string[] = [];
  const build = await installEngine('llama-server', {
    backend: 'cpu',
    compile: true,
    paths: resolvePaths(environment),
    environment,
    onProgress: ({ stage }) => stages.push(stage),
  });
  expect(build).toMatchObject({ source: 'compiled', backend: 'cpu', version: '4242 (built)' });
  expect(build.name).toMatch(/^compiled-b\d+-cpu$/);
  expect(stages.join('\n')).toMatch(/fetching .*\n[^]*building, 100 %/);
  expect(readdirSync(build.directory).sort()).toEqual([
    'build.json',
    'llama-bench',
    'llama-quantize',
    'llama-server',
    'root',
  ]);
  expect(readdirSync(join(build.directory, '..'))).toEqual([build.name]);
});
