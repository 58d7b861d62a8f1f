import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { freePort, type Program, startProgram, untilAnswers } from './programs.ts';

export interface Nginx {
  readonly url: string;
  readonly port: number;
  readonly program: Program;
}

/** About what a small model's whole answer is. */
const ANSWER = JSON.stringify({
  id: 'chatcmpl-0123456789abcdef0123456789abcdef',
  object: 'chat.completion',
  created: 1_790_000_000,
  model: 'stub',
  system_fingerprint: 'b11669-Debian',
  choices: [
    { index: 0, message: { role: 'assistant', content: 'The capital of France is Paris.' }, finish_reason: 'stop' },
  ],
  usage: { prompt_tokens: 23, completion_tokens: 8, total_tokens: 31 },
});

/** Answers every request with the same chat completion. */
export function startStub(nginx: string, directory: string): Promise<Nginx> {
  return start(nginx, join(directory, 'stub'), (port) => [
    `server { listen 127.0.0.1:${port} backlog=1024; default_type application/json;`,
    `  location / { return 200 '${ANSWER}'; } }`,
  ]);
}

/** A reverse proxy with connections that are kept, in front of the stub: what ours is compared with. */
export function startReverseProxy(nginx: string, directory: string, upstreamPort: number): Promise<Nginx> {
  return start(nginx, join(directory, 'reverse-proxy'), (port) => [
    `upstream stub { server 127.0.0.1:${upstreamPort}; keepalive 128; keepalive_requests 1000000000; }`,
    `server { listen 127.0.0.1:${port} backlog=1024;`,
    '  location / { proxy_pass http://stub; proxy_http_version 1.1; proxy_set_header Connection ""; } }',
  ]);
}

async function start(nginx: string, directory: string, servers: (port: number) => string[]): Promise<Nginx> {
  mkdirSync(directory, { recursive: true });
  const port = await freePort();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const lines = [
    // One worker and no master: the process that is started is the one that is measured.
    'daemon off; master_process off; worker_processes 1;',
    `pid ${join(directory, 'nginx.pid')}; error_log ${join(directory, 'error.log')} warn;`,
    'events { worker_connections 4096; }',
    'http { access_log off; keepalive_timeout 75s; keepalive_requests 1000000000; tcp_nodelay on;',
    ...temporary.map((name) => `${name}_temp_path ${join(directory, name)};`),
    ...servers(port),
    '}',
  ];
  const file = join(directory, 'nginx.conf');
  writeFileSync(file, `${lines.join('\n')}\n`);
  const program = startProgram([nginx, '-p', directory, '-e', join(directory, 'error.log'), '-c', file]);
  const url = `http://127.0.0.1:${port}`;
  await untilAnswers(`${url}/`, program);
  return { url, port, program };
}
