import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';

import type { Paths } from '../../src/shared/paths.ts';
import type { Cold } from './cold.ts';
import type { Tools } from './debian-tools.ts';
import type { RouterComparison } from './router.ts';
import type { Idle, Startup } from './startup.ts';
import type { StreamRates } from './streams.ts';
import type { Throughput } from './throughput.ts';

/** What every measurement is given. */
export interface BenchContext {
  readonly tools: Tools;
  readonly paths: Paths;
  /** Rounds of each comparison; the median counts. */
  readonly rounds: number;
  /** Seconds of one run of wrk. */
  readonly seconds: number;
  /** A fresh folder, removed at the end. */
  readonly folder: (name: string) => string;
  readonly say: (text: string) => void;
}

export interface Results {
  readonly throughput?: readonly Throughput[];
  readonly router?: RouterComparison;
  readonly streams?: StreamRates;
  readonly cold?: Cold;
  readonly startup?: Startup;
}

export interface Row {
  readonly name: string;
  readonly wanted: string;
  readonly measured: string;
  readonly ok: boolean;
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memory: string;
  readonly kernel: string;
  readonly node: string;
  /** Processes that wanted a core during the minute before. */
  readonly load: number;
}

export function describeMachine(): Machine {
  const processors = cpus();
  // Some virtual machines on Arm name no model.
  const cpu = processors[0]?.model || /^(?:Hardware|CPU implementer)\s*:\s*(.*)$/m.exec(cpuInfo())?.[1] || process.arch;
  return {
    cpu: cpu.trim(),
    cores: processors.length,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    kernel: `Linux ${release()}`,
    node: process.versions.node,
    load: loadavg()[0] ?? Number.NaN,
  };
}

function cpuInfo(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return '';
  }
}

/** Wanted and measured, line by line; what was not measured has none. */
export function rowsOf({ throughput, router, streams, cold, startup }: Results): Row[] {
  const rows: Row[] = [];
  const add = (name: string, wanted: string, measured: string, ok: boolean) =>
    rows.push({ name, wanted, measured, ok });

  for (const { connections, ours, nginx } of throughput ?? []) {
    // At one connection the rate is the latency, which has its own line.
    if (connections === 1) continue;
    const share = ours.requestsPerSecond / nginx.requestsPerSecond;
    const rates = `${Math.round(ours.requestsPerSecond)} of ${Math.round(nginx.requestsPerSecond)}/s`;
    add(
      `Requests/s at ${connections} connections, as a share of nginx`,
      '≥ 0.50',
      `${share.toFixed(2)} (${rates})`,
      share >= 0.5,
    );
  }
  const single = throughput?.find(({ connections }) => connections === 1);
  if (single) {
    const added = single.ours.p50 - single.direct.p50;
    const nginx = single.nginx.p50 - single.direct.p50;
    add('p50 added at 1 connection', '≤ 0.15 ms', `${ms(added, 3)} (nginx: ${ms(nginx, 3)})`, added <= 0.15);
  }
  if (router) {
    const [ours, theirs] = [router.ours - router.direct, router.router - router.direct];
    const measured = `${ms(ours, 2)} of ${ms(theirs, 2)}`;
    add(
      'p50 added to a real llama-server, beside its own router',
      '< 0.5 ×',
      `${measured} (${(ours / theirs).toFixed(2)} ×)`,
      ours < theirs / 2,
    );
  }
  if (streams) {
    const share = streams.ours / streams.direct;
    const rates = `${Math.round(streams.ours)} of ${Math.round(streams.direct)} tokens/s`;
    add(
      '200 streams: token rate as a share of direct',
      '≥ 98 %',
      `${(share * 100).toFixed(1)} % (${rates})`,
      share >= 0.98,
    );
  }
  if (cold) {
    const measured = `${ms(cold.added, 0)} (${ms(cold.ours, 0)}; by hand ${ms(cold.byHand, 0)})`;
    add('Cold request to first token, over the same argv by hand', '≤ 30 ms', measured, cold.added <= 30);
  }
  if (startup) {
    add('`up` until it answers', '≤ 400 ms', ms(startup.upMs, 0), startup.upMs <= 400);
    const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
    const { core, router, knowledge } = startup.idle;
    const withPss = (rss: number, pss: number) => `${megabytes(rss)} (PSS ${megabytes(pss)})`;
    add('Idle RSS, one expert', '≤ 90 MB', withPss(core.rss, core.pss), core.rss <= 90e6);
    const added = (part: string, most: number, from: Idle, to: Idle) => {
      const rss = to.rss - from.rss;
      add(`… added by ${part}`, `≤ ${most / 1e6} MB`, withPss(rss, to.pss - from.pss), rss <= most);
    };
    added('the router', 80e6, core, router);
    added('an open store', 110e6, router, knowledge);
  }
  return rows;
}

/** The loads behind the shares. */
export function latencyTable(throughput: readonly Throughput[]): string[][] {
  const lines = [['Connections', 'Through', 'Requests/s', 'p50', 'p99', 'CPU of the proxy']];
  for (const { connections, ...loads } of throughput) {
    for (const [name, { requestsPerSecond, p50, p99, cpu }] of Object.entries(loads)) {
      lines.push([
        String(connections),
        name,
        String(Math.round(requestsPerSecond)),
        ms(p50, 3),
        ms(p99, 3),
        cpu === undefined ? '' : `${cpu.toFixed(0)} µs`,
      ]);
    }
  }
  return lines;
}

export function rowTable(rows: readonly Row[]): string[][] {
  return [
    ['What', 'Wanted', 'Measured', ''],
    ...rows.map(({ name, wanted, measured, ok }) => [name, wanted, measured, ok ? 'ok' : 'missed']),
  ];
}

export function asText(table: readonly (readonly string[])[]): string {
  const widths = (table[0] ?? []).map((_cell, column) => Math.max(...table.map((line) => line[column]?.length ?? 0)));
  return table
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function asMarkdown([head = [], ...lines]: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [row(head), row(head.map(() => '---')), ...lines.map(row)].join('\n');
}

function ms(value: number, digits: number): string {
  return `${value.toFixed(digits)} ms`;
}
