/** `profile init` as a person runs it, on machines that are made up: a home with stores, an `nvidia-smi` on the PATH. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { buildGguf } from '../../scripts/build-gguf.ts';
import { loadProfile } from '../../src/profiles/load.ts';
import type { ProcessExpert } from '../../src/profiles/profile.ts';
import { fakeHub } from '../support/fake-hub.ts';
import { runCommand } from '../support/orchestrator.ts';

const GPU = 'GPU-11111111-2222-3333-4444-555555555555';

class Machine {
  readonly directory = mkdtempSync(join(tmpdir(), 'profile-init-'));
  readonly home = join(this.directory, 'home');
  #environment: Record<string, string> = {};

  constructor() {
    onTestFinished(() => rmSync(this.directory, { recursive: true, force: true }));
  }

  async gguf(name: string, options: Omit<Parameters<typeof buildGguf>[0], 'path'> = {}): Promise<string> {
    const path = join(this.directory, name);
    await buildGguf({ path, ...options });
    return path;
  }

  /** Puts a model into Ollama's store, under the name of a manifest. */
  async ollama(name: string, seed: number): Promise<void> {
    const store = join(this.home, '.ollama/models');
    const path = await this.gguf(`ollama-${seed}`, { seed });
    const digest = createHash('sha256').update(readFileSync(path)).digest('hex');
    mkdirSync(join(store, 'blobs'), { recursive: true });
    renameSync(path, join(store, 'blobs', `sha256-${digest}`));
    const manifest = join(store, 'manifests', name);
    mkdirSync(join(manifest, '..'), { recursive: true });
    const mediaType = 'application/vnd.ollama.image.model';
    writeFileSync(manifest, JSON.stringify({ layers: [{ mediaType, digest: `sha256:${digest}`, size: 1 }] }));
  }

  /** A GPU with so many MiB, and a llama-server that can use it. */
  gpu(totalMiB: number): void {
    const bin = join(this.directory, 'bin');
    mkdirSync(bin, { recursive: true });
    const devices = `0, ${GPU}, NVIDIA RTX 4080, ${totalMiB}, 300, ${totalMiB - 300}`;
    writeFileSync(join(bin, 'nvidia-smi'), `#!/bin/sh\ncase "$1" in\n--query-gpu=*) echo '${devices}' ;;\nesac\n`, {
      mode: 0o755,
    });
    const server = [
      '#!/bin/sh',
      'case "$1" in',
      "--version) echo 'version: 1 (abc)' >&2 ;;",
      "--list-devices) echo 'Available devices:'; echo '  CUDA0: NVIDIA RTX 4080 (16000 MiB, 15000 MiB free)' ;;",
      "*) echo '-m, --model FNAME    model path'; echo '--list-devices         list them' ;;",
      'esac',
    ];
    writeFileSync(join(bin, 'llama-server'), `${server.join('\n')}\n`, { mode: 0o755 });
    this.#environment = { PATH: `${bin}:${process.env['PATH']}` };
  }

  init(...args: string[]) {
    return runCommand(this.directory, ['profile', 'init', ...args], this.#environment);
  }

  /** `HF_ENDPOINT`, or any other variable. */
  set(name: string, value: string): void {
    this.#environment = { ...this.#environment, [name]: value };
  }

  write(name: string, text: string): void {
    mkdirSync(join(this.directory, name, '..'), { recursive: true });
    writeFileSync(join(this.directory, name), text);
  }

  read(name: string): string {
    return readFileSync(join(this.directory, name), 'utf8');
  }

  async experts(file = 'orchestrator.yaml'): Promise<ProcessExpert[]> {
    const profile = await loadProfile(join(this.directory, file), { environment: { HOME: this.home } });
    return profile.experts as ProcessExpert[];
  }
}

describe('profile init', () => {
  it('writes the profile to fill in where no model is found', async () => {
    const machine = new Machine();
    const { code, stdout, stderr } = await machine.init();
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'wrote orchestrator.yaml\n' });
    expect(stderr).toContain('Edit it, then: orchestrator profile validate orchestrator.yaml');
    expect((await machine.experts()).map(({ id }) => id)).toEqual(['assistant']);
  });

  it('writes a valid profile of what it finds, in place, and says what fits with what', async () => {
    const machine = new Machine();
    await machine.gguf('models/Some-Chat-7B-Instruct-Q4_K_M.gguf');
    await machine.gguf('models/embed/tiny-embedder-f16.gguf', { architecture: 'bert', contextLength: 256 });
    await machine.ollama('registry.ollama.ai/library/llama3.2/3b', 3);
    writeFileSync(join(machine.directory, 'models/broken.gguf'), 'no model, but enough bytes');
    const { code, stdout, stderr } = await machine.init('mine.yaml', '--models', 'models');
    expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: 'wrote mine.yaml\n' });
    expect(stderr).toMatch(/^ram: .* GiB, of which experts may hold .* GiB\.$/m);
    expect(stderr).toMatch(/^llama3\.2-3b +Ollama +generate +ram .* of the file mapped$/m);
    expect(stderr).toContain('All of them fit into memory together.');
    expect(stderr).toMatch(/1 files were found and not used:\n.*broken\.gguf: .* is not a usable GGUF file/);
    expect(stderr).toContain('Start it with: orchestrator up --profile mine.yaml');
    expect(await machine.experts('mine.yaml')).toMatchObject([
      {
        id: 'some-chat-7b-instruct',
        engine: 'llama-server',
        task: 'generate',
        model: { path: join(machine.directory, 'models/Some-Chat-7B-Instruct-Q4_K_M.gguf') },
      },
      { id: 'tiny-embedder', task: 'embed', context: 256 },
      {
        id: 'llama3.2-3b',
        aliases: ['llama3.2:3b'],
        model: { path: expect.stringContaining('/blobs/sha256-') as string },
      },
    ]);
    const written = readFileSync(join(machine.directory, 'mine.yaml'), 'utf8');
    expect(written).toMatch(/^ {2}ram: \{ capacity: auto, reserve: \d+MiB \}$/m);
    expect(written).toMatch(/^# {3}.*broken\.gguf \(named folder\): /m);
    const validated = await runCommand(machine.directory, ['profile', 'validate', 'mine.yaml']);
    expect(validated.stdout).toBe('mine.yaml: valid\n');
    expect((await machine.init('mine.yaml')).stderr).toContain('is there already');
  });

  it('counts the GPU, and puts on it what fits there', async () => {
    const machine = new Machine();
    machine.gpu(2_048);
    await machine.gguf('models/small.gguf', { targetBytes: 50_000_000 });
    const { stdout, stderr } = await machine.init('--models', 'models', '--json');
    const report = JSON.parse(stdout) as { pools: unknown; experts: unknown };
    expect(report, stderr).toMatchObject({
      pools: [{ id: 'ram' }, { id: 'gpu0', capacity: 2_048 * 2 ** 20, reserve: 256 * 2 ** 20 }],
      experts: [{ id: 'small', placement: 'gpu0', footprint: { gpu0: expect.any(Number) as number } }],
      together: [['small']],
    });
    expect(readFileSync(join(machine.directory, 'orchestrator.yaml'), 'utf8')).toContain(
      '# gpu0 (NVIDIA RTX 4080): 2.0 GiB',
    );
  });

  it('refuses a folder that is none', async () => {
    const { code, stderr } = await new Machine().init('--models', 'nowhere');
    expect(code).toBe(2);
    expect(stderr).toContain('nowhere is not a folder');
  });
});

describe('profile init --from-llama-swap', () => {
  const SWAP = `models:
  coder:
    cmd: llama-server --port \${PORT} -m models/coder.gguf -c 4096 -np 2 -ngl 99 --temp 0.2
    aliases: [gpt-4o]
    ttl: 120
  hub: { cmd: "llama-server --port \${PORT} -hf owner/name:Q8_0 -c 2048" }
  cached: { cmd: "llama-server --port \${PORT} -hf other/name -c 2048" }
  other: { cmd: "python serve.py --port \${PORT}" }
  lost: { cmd: ./start.sh }
`;

  it('writes a valid profile beside what it is told to, with what is otherwise in comments', async () => {
    const machine = new Machine();
    const hub = await fakeHub('owner/name');
    hub.push({ 'n-Q4_K_M.gguf': 'x', 'n-Q8_0.gguf': 'x' });
    machine.set('HF_ENDPOINT', hub.url);
    await machine.gguf('swap/models/coder.gguf');
    await machine.gguf('home/.cache/huggingface/hub/models--other--name/snapshots/c1/o-Q4_K_M.gguf');
    machine.write('swap/config.yaml', SWAP);
    chmodSync(join(machine.directory, 'swap/config.yaml'), 0o600);
    const { code, stdout, stderr } = await machine.init('mine.yaml', '--from-llama-swap', 'swap/config.yaml');
    expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: 'wrote mine.yaml\n' });
    expect(statSync(join(machine.directory, 'mine.yaml')).mode & 0o777).toBe(0o600);
    expect(stderr).toContain('lost was not converted: its command does not say where its port is');
    expect(await machine.experts('mine.yaml')).toMatchObject([
      {
        id: 'coder',
        aliases: ['gpt-4o'],
        model: { path: join(machine.directory, 'swap/models/coder.gguf') },
        context: 2_048,
        parallel: 2,
        idleUnload: 120_000,
        request: { temperature: 0.2 },
      },
      { id: 'hub', model: { hf: 'owner/name', file: 'n-Q8_0.gguf' } },
      { id: 'cached', model: { path: expect.stringMatching(/snapshots\/c1\/o-Q4_K_M\.gguf$/) as string } },
      { id: 'other', engine: 'command', command: { argv: ['python', 'serve.py', '--port', '{port}'] } },
    ]);
    expect(machine.read('mine.yaml')).toMatch(/^# {3}lost: its command does not say where its port is/m);
    const validated = await runCommand(machine.directory, ['profile', 'validate', 'mine.yaml']);
    expect(validated.stdout, validated.stderr).toBe('mine.yaml: valid\n');
  });

  it('puts what never fits, or is not valid, into comments with the reason, whole', async () => {
    const machine = new Machine();
    await machine.gguf('m.gguf');
    machine.write(
      'config.yaml',
      `models:
  fits: { cmd: "llama-server --port \${PORT} -m m.gguf -c 2048" }
  huge: { cmd: "llama-server --port \${PORT} -m m.gguf -c 40000000000 -np 4000 -ngl 0 --temp 0.5" }
  wrong: { cmd: "llama-server --port \${PORT} -m m.gguf -c 2048 --chat-template-file nowhere.jinja" }
`,
    );
    const { code, stderr } = await machine.init('out.yaml', '--from-llama-swap', 'config.yaml', '--json');
    expect(code, stderr).toBe(0);
    expect((await machine.experts('out.yaml')).map(({ id }) => id)).toEqual(['fits']);
    const text = machine.read('out.yaml');
    expect(text).toMatch(/^# {3}huge: huge can never fit: .* of ram/m);
    expect(text).toMatch(/^# {3}wrong: experts\.wrong\.chatTemplate: there is no such file/m);
    expect(text).toMatch(/^# {5}huge:\n# {7}model:\n/m);
    expect(text).toMatch(/^# {9}temperature: 0\.5$/m);
  });

  it('leaves no file where nothing can be converted', async () => {
    const machine = new Machine();
    machine.write('config.yaml', 'models: { a: { cmd: ./start.sh } }\n');
    const { code, stderr } = await machine.init('out.yaml', '--from-llama-swap', 'config.yaml');
    expect(code).toBe(1);
    expect(stderr).toContain('Nothing of config.yaml could be converted:\n  a: its command does not say');
    expect(existsSync(join(machine.directory, 'out.yaml'))).toBe(false);
    expect((await machine.init('out.yaml', '--from-llama-swap', 'nowhere.yaml')).stderr).toContain(
      'nowhere.yaml cannot be read',
    );
    expect((await machine.init('out.yaml', '--from-llama-swap', 'config.yaml', '--models', '.')).code).toBe(2);
  });
});
