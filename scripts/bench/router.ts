import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { engineArgv, EXPERT, ONE_TOKEN, onPort, prepareEngine, startByHand, startOurs, TINY_MODEL } from './engine.ts';
import { ask, freePort, startProgram, untilAnswers } from './programs.ts';
import type { BenchContext } from './report.ts';
import { routerProgram } from './router-program.ts';
import { interleave, median } from './statistics.ts';
import { createLoader } from './wrk.ts';

/** Milliseconds of the middle request for one token, at one connection. */
export interface RouterComparison {
  readonly direct: number;
  readonly ours: number;
  readonly router: number;
}

/** A real llama-server with the tiny model: direct, behind ours, and behind llama-server's own router. */
export async function measureRouter(context: BenchContext): Promise<RouterComparison> {
  const { tools, rounds, seconds, say, folder } = context;
  say('llama-server: direct, ours, its own router');
  const directory = folder('router');
  const { program } = await prepareEngine(context);
  const ours = await startOurs(directory);
  await ask(`${ours.url}/v1/completions`, { body: ONE_TOKEN });
  const argv = engineArgv(ours);

  const port = await freePort();
  const direct = await startByHand(onPort(argv, port), port);

  const models = join(directory, 'models');
  mkdirSync(models);
  copyFileSync(TINY_MODEL, join(models, `${EXPERT}.gguf`));
  const routerPort = await freePort();
  // The same settings for the model's process, which inherits them.
  const shared = withoutModel(onPort(argv, routerPort).slice(1));
  const { command, remove, ...options } = routerProgram(program);
  const router = startProgram([command, '--models-dir', models, ...shared], options);
  const routerUrl = `http://127.0.0.1:${routerPort}`;
  await untilAnswers(`${routerUrl}/health`, router);
  const first = await ask(`${routerUrl}/v1/completions`, { body: ONE_TOKEN });
  if (first.status !== 200) throw new Error(`the router answered ${first.status}: ${first.text}\n${router.output()}`);

  const load = createLoader(tools.wrk, directory, 'one-token', ONE_TOKEN);
  const time = (url: string) => async () => {
    const { p50 } = await load({ url: `${url}/v1/completions`, connections: 1, seconds });
    return p50;
  };
  const runs = await interleave(
    { direct: time(`http://127.0.0.1:${port}`), ours: time(ours.url), router: time(routerUrl) },
    rounds,
  );
  await router.stop();
  remove();
  await direct.program.stop();
  await ours.program.stop();
  return {
    direct: median(runs['direct'] ?? []),
    ours: median(runs['ours'] ?? []),
    router: median(runs['router'] ?? []),
  };
}

function withoutModel(argv: readonly string[]): string[] {
  const own = ['--model', '--alias'];
  return argv.filter((word, index) => !own.includes(word) && !own.includes(argv[index - 1] ?? ''));
}
