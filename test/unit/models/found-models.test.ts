import { createHash } from 'node:crypto';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { findModels } from '../../../src/models/found-models.ts';
import type { FoundModel } from '../../../src/models/found-models.ts';
import { temporaryFolder } from './support.ts';

class Home {
  readonly path = temporaryFolder();

  write(name: string, content: string): string {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  }

  /** A blob of Ollama's, by its content. */
  blob(content: string, store = '.ollama/models'): string {
    const digest = createHash('sha256').update(content).digest('hex');
    this.write(`${store}/blobs/sha256-${digest}`, content);
    return `sha256:${digest}`;
  }

  manifest(name: string, layers: Readonly<Record<string, string>>, store = '.ollama/models'): void {
    const list = Object.entries(layers).map(([kind, digest]) => ({
      mediaType: `application/vnd.ollama.image.${kind}`,
      digest,
      size: 1,
    }));
    this.write(`${store}/manifests/${name}`, JSON.stringify({ schemaVersion: 2, config: {}, layers: list }));
  }

  find(folders: readonly string[] = [], environment: NodeJS.ProcessEnv = {}): Promise<FoundModel[]> {
    return findModels({
      environment: { HOME: this.path, ...environment },
      paths: { modelsDir: join(this.path, 'cache/models') },
      folders: folders.map((folder) => join(this.path, folder)),
      systemStores: [],
    });
  }
}

const shortly = (home: Home, models: readonly FoundModel[]) =>
  models.map(({ store, name, path, mmproj }) => [
    store,
    name,
    path.slice(home.path.length + 1),
    ...(mmproj ? [mmproj.slice(home.path.length + 1)] : []),
  ]);

describe('models on this machine', () => {
  it('are found in the caches of the hub, of llama.cpp and of ours, in LM Studio’s store and in folders named', async () => {
    const home = new Home();
    home.write('mine/deep/er/own-Q8_0.gguf', '1');
    home.write('cache/models/abc/pulled-Q4_K_M.gguf', '22');
    home.write('cache/models/abc/pulled-Q4_K_M.gguf.json', '{}');
    home.write('.cache/huggingface/hub/models--a--b/refs/main', 'c1');
    home.write('.cache/huggingface/hub/models--a--b/blobs/x', '333');
    mkdirSync(join(home.path, '.cache/huggingface/hub/models--a--b/snapshots/c1'), { recursive: true });
    symlinkSync('../../blobs/x', join(home.path, '.cache/huggingface/hub/models--a--b/snapshots/c1/hub.gguf'));
    home.write('.lmstudio/models/publisher/repo/studio-Q4_K_M.gguf', '4444');
    home.write('.lmstudio/models/publisher/repo/mmproj-studio-f16.gguf', '5');
    home.write('.cache/llama.cpp/owner_repo_llama.gguf', '66666');
    expect(shortly(home, await home.find(['mine']))).toEqual([
      ['named folder', 'own-Q8_0', 'mine/deep/er/own-Q8_0.gguf'],
      ['our cache', 'pulled-Q4_K_M', 'cache/models/abc/pulled-Q4_K_M.gguf'],
      ['hub cache', 'hub', '.cache/huggingface/hub/models--a--b/snapshots/c1/hub.gguf'],
      [
        'LM Studio',
        'studio-Q4_K_M',
        '.lmstudio/models/publisher/repo/studio-Q4_K_M.gguf',
        '.lmstudio/models/publisher/repo/mmproj-studio-f16.gguf',
      ],
      ['llama.cpp cache', 'owner_repo_llama', '.cache/llama.cpp/owner_repo_llama.gguf'],
    ]);
  });

  it('are found where these programs were told to keep them', async () => {
    const home = new Home();
    home.write('hf/hub/models--a--b/snapshots/c1/one.gguf', '1');
    home.write('llama/two.gguf', '22');
    home.write('.lmstudio-home-pointer', `${join(home.path, 'studio')}\n`);
    home.write('studio/settings.json', JSON.stringify({ downloadsFolder: join(home.path, 'downloads') }));
    home.write('downloads/p/r/three.gguf', '333');
    home.write('studio/models/p/r/four.gguf', '4444');
    home.manifest('registry.ollama.ai/library/five/latest', { model: home.blob('GGUF', 'ollama') }, 'ollama');
    const found = await home.find([], {
      HF_HOME: join(home.path, 'hf'),
      LLAMA_CACHE: join(home.path, 'llama'),
      OLLAMA_MODELS: join(home.path, 'ollama'),
    });
    expect(found.map(({ name }) => name)).toEqual(['one', 'three', 'four', 'two', 'five']);
  });

  it('in Ollama’s store have the names of its manifests; what is no single GGUF file is passed over', async () => {
    const home = new Home();
    const weights = home.blob('GGUF weights');
    home.manifest('registry.ollama.ai/library/llama3.2/3b', { model: weights, template: home.blob('{{ . }}') });
    home.manifest('registry.ollama.ai/library/llama3.2/latest', { model: weights });
    home.manifest('registry.ollama.ai/someone/llava/7b', {
      model: home.blob('GGUF llava'),
      projector: home.blob('GGUF clip'),
    });
    home.manifest('hf.co/bartowski/Phi-4-GGUF/Q4_K_M', { model: home.blob('GGUF phi') });
    home.manifest('registry.ollama.ai/library/gone/latest', { model: `sha256:${'0'.repeat(64)}` });
    home.manifest('registry.ollama.ai/library/cloud/latest', { params: home.blob('{}') });
    home.write('.ollama/models/manifests/registry.ollama.ai/library/bad/latest', 'no JSON');
    home.manifest('registry.ollama.ai/library/evil/latest', { model: 'sha256:../../../etc/passwd' });
    const found = await home.find();
    expect(found.map(({ name, alsoCalled, mmproj }) => [name, alsoCalled, mmproj !== undefined])).toEqual([
      ['hf.co/bartowski/Phi-4-GGUF:Q4_K_M', [], false],
      ['llama3.2:3b', ['llama3.2'], false],
      ['someone/llava:7b', [], true],
    ]);
    expect(found.every(({ store, path }) => store === 'Ollama' && path.includes('/blobs/sha256-'))).toBe(true);
  });

  it('are taken once: a link, a copy in another store, an older commit, the parts of a split file', async () => {
    const home = new Home();
    const own = home.write('mine/m-Q8_0.gguf', 'the same');
    symlinkSync(own, join(home.path, 'mine/link.gguf'));
    home.write('.lmstudio/models/p/r/m-Q8_0.gguf', 'the same');
    home.write('.cache/huggingface/hub/models--a--b/refs/main', 'c2');
    home.write('.cache/huggingface/hub/models--a--b/snapshots/c1/x.gguf', 'abc');
    home.write('.cache/huggingface/hub/models--a--b/snapshots/c2/x.gguf', 'abc');
    home.write('.cache/huggingface/hub/models--a--b/snapshots/c2/big-00001-of-00002.gguf', 'a');
    home.write('.cache/huggingface/hub/models--a--b/snapshots/c2/big-00002-of-00002.gguf', 'b');
    home.write('.cache/huggingface/hub/datasets--a--b/snapshots/c2/data.gguf', 'a');
    const found = await home.find(['mine']);
    expect(found.map(({ store, name }) => [store, name])).toEqual([
      ['named folder', 'link'],
      ['hub cache', 'big'],
      ['hub cache', 'x'],
    ]);
    expect(found[2]?.path).toContain('/c2/');
  });

  it('are none where nothing is', async () => {
    const home = new Home();
    home.write('.lmstudio/settings.json', '[]');
    home.write('mine/.git/objects/x.gguf', 'x');
    home.write('mine/empty.gguf', '');
    expect(await home.find(['mine', 'nowhere'])).toEqual([]);
  });
});
