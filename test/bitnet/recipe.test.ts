/** `engines/bitnet/build.sh`, driven as `orchestrator engine install bitnet --build` drives it; a project of the same shape stands in. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { installEngine } from '../../src/binaries/install.ts';
import { readRecipe } from '../../src/binaries/recipe.ts';
import { resolvePaths } from '../../src/shared/paths.ts';
import { runCommand } from '../support/orchestrator.ts';
import { available } from '../support/skip.ts';

const onPath = (program: string) =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
const hasTools =
  ['git', 'cmake', 'cc', 'c++', 'python3'].every((tool) => onPath(tool)) &&
  ['ninja', 'make'].some((tool) => onPath(tool));

/** The targets, the generator of kernels, and a llama.cpp in a submodule, where the project has them. */
const LLAMA = {
  'CMakeLists.txt': `add_library(llama SHARED version.c)
foreach(name server quantize)
  add_executable(llama-\${name} main.c)
  target_link_libraries(llama-\${name} llama)
endforeach()
`,
  'version.c': '#include "kernels.h"\nconst char *version(void) { return VERSION; }\n',
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
const PROJECT = {
  'CMakeLists.txt': `cmake_minimum_required(VERSION 3.14)
project(stand_in C CXX)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY \${CMAKE_BINARY_DIR}/bin)
if(BITNET_X86_TL2 OR BITNET_ARM_TL1 OR NOT LLAMA_BUILD_SERVER)
  message(FATAL_ERROR "not built as the recipe says")
endif()
include_directories(include)
add_subdirectory(3rdparty/llama.cpp)
`,
  'include/keep': '',
  ...Object.fromEntries(
    ['utils/codegen_tl1.py', 'utils/codegen_tl2.py'].map((name) => [
      name,
      `import sys\nassert '--BM' in sys.argv\nopen('include/kernels.h', 'w').write('#define VERSION "version: 3947 (bitnet)"\\n')\n`,
    ]),
  ),
};

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bitnet '));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function git(folder: string, ...args: string[]): string {
  const who = ['-c', 'user.name=t', '-c', 'user.email=t@localhost', '-c', 'protocol.file.allow=always'];
  return execFileSync('git', [...who, ...args], { cwd: folder, encoding: 'utf8' }).trim();
}

function commit(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  git(folder, 'add', '.');
  git(folder, 'commit', '-q', '-m', 'stand-in');
}

/** A clang of the right age, as far as the recipe can tell, and a git that takes a submodule from this machine. */
function toolsIn(folder: string): string {
  mkdirSync(folder);
  const clang = (real: string) =>
    `if [ "$1" = --version ]; then echo "clang version 18.1.8"; else exec ${real} "$@"; fi`;
  const git = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  const scripts = {
    clang: clang('cc'),
    'clang++': clang('c++'),
    git: `exec ${git} -c protocol.file.allow=always "$@"`,
  };
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

describe('the recipe of bitnet.cpp', () => {
  it('names the packages that are missing, before it fetches anything', async () => {
    const home = temporaryFolder();
    const empty = join(home, 'bin');
    mkdirSync(empty);
    symlinkSync('/bin/sh', join(empty, 'sh'));
    const install = installEngine('bitnet', {
      backend: 'auto',
      compile: true,
      paths: resolvePaths({ HOME: home }),
      environment: { HOME: home, PATH: empty },
    });
    await expect(install).rejects.toThrow(/sudo apt install git cmake python3 ninja-build clang-18/);
  });

  it('refuses a GPU, and sources that it does not have are not tried', async () => {
    const home = temporaryFolder();
    const options = { paths: resolvePaths({ HOME: home }), environment: { HOME: home, PATH: process.env['PATH'] } };
    await expect(installEngine('bitnet', { ...options, backend: 'cuda' })).rejects.toThrow(/cpu alone, not with cuda/);
    expect(readRecipe('bitnet')).toMatchObject({
      pins: { tag: '404980eecae38a' },
      sources: { installs: ['compiled'] },
    });
  });

  it.runIf(available(hasTools, 'building bitnet.cpp’s stand-in: git, cmake, python3 or a compiler is missing'))(
    'builds the pinned commit with its submodule; engine install and engine probe show it',
    async () => {
      const home = temporaryFolder();
      const [upstream, llama] = [join(home, 'upstream'), join(home, 'llama')];
      for (const [folder, files] of [
        [llama, LLAMA],
        [upstream, PROJECT],
      ] as const) {
        mkdirSync(folder);
        git(folder, 'init', '-q');
        commit(folder, files);
      }
      git(upstream, 'submodule', '--quiet', 'add', `file://${llama}`, '3rdparty/llama.cpp');
      commit(upstream, {});
      // The pin is a commit, which a stand-in cannot have: a tag of the same name is checked out the same way.
      git(upstream, 'tag', readRecipe('bitnet').pins.tag);
      const env = {
        PATH: `${toolsIn(join(home, 'bin'))}${delimiter}${process.env['PATH']}`,
        ORCHESTRATOR_BITNET_REPOSITORY: `file://${upstream}`,
      };
      const installed = await runCommand(home, ['engine', 'install', 'bitnet', '--build', '--json'], env);
      expect(installed.code, installed.stderr).toBe(0);
      const build = JSON.parse(installed.stdout) as { name: string; directory: string };
      expect(build).toMatchObject({
        name: 'compiled-404980eecae38a-cpu',
        engine: 'bitnet',
        version: '3947 (bitnet)',
        source: 'compiled',
      });
      expect(readdirSync(build.directory).sort()).toEqual(['build.json', 'llama-quantize', 'llama-server', 'root']);
      const probed = await runCommand(home, ['engine', 'probe', 'bitnet', '--json']);
      expect(JSON.parse(probed.stdout)).toMatchObject({ version: '3947 (bitnet)', flags: ['-m', '--model'] });
      const listed = await runCommand(home, ['engine', 'list']);
      expect(listed.stdout).toContain('compiled-404980eecae38a-cpu');
    },
  );
});
