import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { run } from '../../src/binaries/run.ts';

export interface Load {
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

export interface LoadOptions {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `wrk` with a JSON body, as a function. Throws where an answer was not a 2xx: then something else was measured. */
export function createLoader(wrk: string, directory: string, name: string, body: unknown) {
  const script = join(directory, `${name}.lua`);
  writeFileSync(script, luaScript(JSON.stringify(body)));
  return async ({ url, connections, seconds, headers = {} }: LoadOptions): Promise<Load> => {
    const headerArgs = Object.entries(headers).flatMap(([key, value]) => ['-H', `${key}: ${value}`]);
    const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '30s', '-s', script, ...headerArgs, url];
    const { stdout, stderr, exitCode } = await run(wrk, args, { env: { PATH: '/usr/bin:/bin' } });
    const json = /^RESULT (.*)$/m.exec(stdout)?.[1];
    if (exitCode !== 0 || !json) throw new Error(`wrk failed at ${url}: ${stderr || stdout}`);
    const result = JSON.parse(json) as Record<string, number>;
    const { requests = 0, duration = 1, status = 0, socket = 0, p50 = 0, p99 = 0 } = result;
    if (status + socket > 0 || requests === 0) throw new Error(`wrk at ${url}: ${json}`);
    return { requests, requestsPerSecond: requests / (duration / 1e6), p50: p50 / 1e3, p99: p99 / 1e3 };
  };
}

function luaScript(body: string): string {
  return `wrk.method = "POST"
wrk.body = [==[${body}]==]
wrk.headers["content-type"] = "application/json"
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format('\\nRESULT {"requests":%d,"duration":%d,"status":%d,"socket":%d,"p50":%d,"p99":%d}\\n',
    summary.requests, summary.duration, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
`;
}
