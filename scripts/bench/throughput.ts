import { startReverseProxy, startStub } from './nginx.ts';
import { startOrchestrator } from './orchestrator.ts';
import { cpuMicroseconds, type Program } from './programs.ts';
import type { BenchContext } from './report.ts';
import { interleave, median } from './statistics.ts';
import { createLoader, type Load } from './wrk.ts';

/** Connections at a time. */
export const CONNECTIONS = [1, 16, 64] as const;
export const CONTESTANTS = ['direct', 'nginx', 'ours'] as const;

/** `cpu`: microseconds of processor time that the proxy takes for one request, which other work on the machine hardly changes. */
export type ProxyLoad = Load & { readonly cpu?: number };
export type Throughput = Readonly<Record<(typeof CONTESTANTS)[number], ProxyLoad>> & { readonly connections: number };

const REQUEST = {
  model: 'stub',
  messages: [
    { role: 'system', content: 'You answer in one sentence.' },
    { role: 'user', content: 'What is the capital of France?' },
  ],
  temperature: 0.2,
  max_tokens: 64,
  stream: false,
};

/** Requests per second and latencies of a stub: direct, through nginx, through ours. */
export async function measureThroughput(context: BenchContext): Promise<Throughput[]> {
  const { tools, rounds, seconds, say } = context;
  const directory = context.folder('throughput');
  const stub = await startStub(tools.nginx, directory);
  const proxy = await startReverseProxy(tools.nginx, directory, stub.port);
  const ours = await startOrchestrator({
    directory,
    profile: { stub: { engine: 'remote', url: stub.url, parallel: 1_024 } },
  });
  const load = createLoader(tools.wrk, directory, 'chat', REQUEST);
  const path = '/v1/chat/completions';
  const urls = { direct: stub.url, nginx: proxy.url, ours: ours.url };

  say('throughput: warming up');
  for (const url of Object.values(urls)) await load({ url: url + path, connections: 16, seconds: 2 });
  const results: Throughput[] = [];
  for (const connections of CONNECTIONS) {
    say(`throughput: ${connections} connection${connections > 1 ? 's' : ''}`);
    const contestant = (name: keyof typeof urls, program?: Program) => async (): Promise<ProxyLoad> => {
      const before = program && cpuMicroseconds(program.pid);
      const measured = await load({ url: urls[name] + path, connections, seconds });
      if (!program || before === undefined) return measured;
      return { ...measured, cpu: (cpuMicroseconds(program.pid) - before) / measured.requests };
    };
    const runs = await interleave(
      {
        direct: contestant('direct'),
        nginx: contestant('nginx', proxy.program),
        ours: contestant('ours', ours.program),
      },
      rounds,
    );
    const middle = (name: string): ProxyLoad => {
      const loads = runs[name] ?? [];
      const cpu = loads.flatMap((one) => one.cpu ?? []);
      return {
        requests: loads.reduce((sum, one) => sum + one.requests, 0),
        requestsPerSecond: median(loads.map((one) => one.requestsPerSecond)),
        p50: median(loads.map((one) => one.p50)),
        p99: median(loads.map((one) => one.p99)),
        ...(cpu.length > 0 && { cpu: median(cpu) }),
      };
    };
    results.push({ connections, direct: middle('direct'), nginx: middle('nginx'), ours: middle('ours') });
  }
  for (const { program } of [ours, proxy, stub]) await program.stop();
  return results;
}
