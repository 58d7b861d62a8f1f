import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';

import { z } from 'zod';

import { messageOf } from '../shared/errors.ts';
import { download } from './download.ts';
import { writeLauncher } from './launcher.ts';
import { run } from './run.ts';
import { type SourceContext, SourceUnavailable, type StagedBuild, toolEnvironment } from './source.ts';

const Release = z.object({
  assets: z.array(
    z.object({
      name: z.string(),
      browser_download_url: z.string(),
      digest: z
        .string()
        .regex(/^sha256:[0-9a-f]{64}$/)
        .nullish(),
    }),
  ),
});

interface Wanted {
  readonly name: string;
  readonly url: string;
  readonly sha256: string;
}

/**
 * A build from the project's release archives, at the tag that `pins.json` names. Each archive must have the digest that the
 * release states and, where the pin has one, that one too; an archive without any digest is not used.
 */
export async function stageFromGithub(context: SourceContext): Promise<StagedBuild> {
  const { recipe, backend, staging, paths, signal, onProgress } = context;
  const { tag } = recipe.pins;
  const assets = await wantedAssets(context);
  const root = join(staging, 'root');
  mkdirSync(root);
  for (const { name, url, sha256 } of assets) {
    const to = join(paths.cacheDir, 'downloads', recipe.engine, `github-${tag}`, name);
    await download({
      url,
      to,
      sha256,
      environment: context.environment,
      signal,
      onBytes: (bytesDone, bytesTotal) => onProgress({ stage: `downloading ${name}`, bytesDone, bytesTotal }),
    });
    onProgress({ stage: `unpacking ${name}` });
    const { exitCode, stderr } = await run('tar', ['-xf', to, '-C', root, '--no-same-owner'], {
      env: toolEnvironment(context.environment, staging),
      signal,
    });
    if (exitCode !== 0) throw new SourceUnavailable(`tar could not unpack ${name}: ${stderr.trim().slice(0, 200)}`);
  }
  const staged = settleFlat(context, root);
  return {
    ...staged,
    label: `${tag}-${backend}`,
    contents: assets.map(({ name, sha256 }) => ({ name, version: tag, sha256 })),
  };
}

/** One folder with the program and all libraries beside it, which is how the project's own builds are laid out. */
export function settleFlat(
  { staging, recipe }: Pick<SourceContext, 'staging' | 'recipe'>,
  root: string,
): Pick<StagedBuild, 'program' | 'parts'> {
  const { program, programs } = recipe.sources;
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  const main = entries.find((entry) => entry.isFile() && entry.name === program);
  if (!main) throw new SourceUnavailable(`there is no ${program} in what was unpacked`);
  const home = main.parentPath;
  const elsewhere = entries.filter((entry) => /\.so(\.|$)/.test(entry.name) && entry.parentPath !== home);
  for (const { parentPath, name } of elsewhere) {
    cpSync(join(parentPath, name), join(home, name), { verbatimSymlinks: true, force: true });
    rmSync(join(parentPath, name));
  }
  const files = readdirSync(home, { withFileTypes: true }).filter((entry) => entry.isFile());
  const inside = (name: string) => relative(staging, join(home, name));
  for (const { name } of files.filter((file) => file.name.startsWith(programs) && !file.name.includes('.'))) {
    writeLauncher({ directory: staging, name, target: inside(name) });
  }
  const libraries = files.filter(({ name }) => /^lib(llama|ggml|mtmd)[\w-]*\.so/.test(name) && !/-cpu-/.test(name));
  return { program, parts: [program, ...libraries.map(({ name }) => name)].map(inside) };
}

async function wantedAssets(context: SourceContext): Promise<Wanted[]> {
  const { recipe, backend, log } = context;
  const { pins } = recipe;
  const platform = `${process.platform}-${process.arch}`;
  const pinned = pins.platforms[platform]?.[backend];
  if (!pinned) {
    throw new SourceUnavailable(
      `${pins.repository} publishes no ${backend} archive for ${platform} (release ${pins.tag})`,
    );
  }
  const release = await releaseOf(context).catch((error: unknown) => {
    context.signal?.throwIfAborted();
    // A rate limit must not stop what the pins alone can check.
    if (pinned.some(({ sha256 }) => sha256 === undefined)) throw error;
    log(`${messageOf(error)}; the archives are checked against the pinned digests alone`);
    return undefined;
  });
  return pinned.map(({ name, sha256: pin }) => {
    const stated = release?.assets.find((asset) => asset.name === name);
    if (release && !stated) throw new SourceUnavailable(`release ${pins.tag} has no ${name}`);
    const digest = stated?.digest?.slice('sha256:'.length);
    if (digest && pin && digest !== pin) {
      throw new SourceUnavailable(
        `release ${pins.tag} states sha256 ${digest} for ${name}, but ${pin} is pinned: one of the two is wrong, so it is not used`,
      );
    }
    const sha256 = digest ?? pin;
    if (!sha256) throw new SourceUnavailable(`neither the release nor the pins state a digest for ${name}`);
    const url =
      stated?.browser_download_url ??
      pins.download.replace('{repository}', pins.repository).replace('{tag}', pins.tag).replace('{asset}', name);
    return { name, url, sha256 };
  });
}

async function releaseOf({ recipe, environment, signal }: SourceContext): Promise<z.output<typeof Release>> {
  const { pins } = recipe;
  const url = `${environment['ORCHESTRATOR_GITHUB_API'] || pins.api}/repos/${pins.repository}/releases/tags/${pins.tag}`;
  const timeout = AbortSignal.timeout(20_000);
  try {
    const response = await fetch(url, {
      headers: { accept: 'application/vnd.github+json', 'user-agent': 'orchestrator' },
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return Release.parse(await response.json());
  } catch (error) {
    const { cause } = error as Error;
    throw new SourceUnavailable(
      `${basename(dirname(url))}/${pins.tag} of ${pins.repository} could not be read at ${new URL(url).host}: ${messageOf(cause instanceof Error ? cause : error)}`,
      {
        cause: error,
      },
    );
  }
}
