import { spawn, type ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';

import type { Logger } from '../telemetry/logger.ts';
import { SEGMENT } from './shared-memory.ts';

/** The variable that marks every process of one run of the orchestrator. */
export const RUN_VARIABLE = 'ORCHESTRATOR_RUN';

/**
 * The guardian: a POSIX shell of about one megabyte that holds the reading end of a pipe. When the orchestrator ends, however it
 * ends, the kernel closes the writing end, `read` fails, and the shell kills every engine: by group (when the leader is still the
 * process that was registered), by cgroup, and by the run's marker in the environment, until nothing is found any more.
 * Shared memory that their workers would leave is removed. (No `--` before the number of a group: dash does not know it.)
 * A child that was forked but not yet executed holds the pipe open until its `exec`, so none can slip through in between.
 */
const SCRIPT = `
run=$1
groups= cgroups= stops=
trap '' INT TERM HUP QUIT
while IFS=' ' read -r verb first rest; do
  case $verb in
    group) groups="$groups $first:$rest" ;;
    cgroup) cgroups="$cgroups $first" ;;
    stop) stops="$stops
$first $rest" ;;
    gone)
      kept=; for entry in $groups; do [ "\${entry%%:*}" = "$first" ] || kept="$kept $entry"; done; groups=$kept
      kept=; for entry in $cgroups; do [ "$entry" = "$rest" ] || kept="$kept $entry"; done; cgroups=$kept
      stops=$(printf '%s\\n' "$stops" | grep -v "^$first " || :) ;;
    quit) exit 0 ;;
  esac
done
printf '%s\\n' "$stops" | while IFS=' ' read -r first rest; do [ -n "$rest" ] && (eval "$rest") </dev/null >/dev/null 2>&1 & done
files=$(grep -l -s -F "${RUN_VARIABLE}=$run" /proc/[0-9]*/environ | sed 's/environ$/maps/')
segments=$([ -n "$files" ] && grep -h -s -o -E '${SEGMENT}' $files | sort -u)
pass=0
while [ $pass -lt 40 ]; do
  found=
  for cgroup in $cgroups; do [ -w "$cgroup/cgroup.kill" ] && echo 1 >"$cgroup/cgroup.kill"; done 2>/dev/null
  for entry in $groups; do
    leader=\${entry%%:*}
    stat=$(cat "/proc/$leader/stat" 2>/dev/null) && { stat=\${stat##*) }; set -- $stat; shift 19; [ "$1" = "\${entry#*:}" ] || continue; }
    kill -KILL "-$leader" 2>/dev/null && found=1
  done
  for file in $(grep -l -s -F "${RUN_VARIABLE}=$run" /proc/[0-9]*/environ); do
    pid=\${file#/proc/}; pid=\${pid%/environ}
    [ "$pid" = $$ ] || { kill -KILL "$pid" 2>/dev/null && found=1; }
  done
  pass=$((pass + 1))
  [ -z "$found" ] && [ $pass -ge 3 ] && break
  sleep 0.1
done
for segment in $segments; do grep -q -s -F "$segment" /proc/[0-9]*/maps || rm -f "$segment"; done
for cgroup in $cgroups; do rmdir "$cgroup" 2>/dev/null; done
`;

const SHORTEST_LIFE_MS = 1_000;

/** Keeps one guardian alive, and tells a new one all that the lost one knew. */
export class Guardian {
  readonly #run: string;
  readonly #logger: Logger;
  readonly #known = new Map<string, string>();
  #child: ChildProcess | undefined;
  #closing = false;

  constructor(run: string, logger: Logger) {
    this.#run = run;
    this.#logger = logger;
    this.#start();
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  watchGroup(leader: number, startTicks: number): void {
    this.#tell(`group ${leader}`, `group ${leader} ${startTicks}`);
  }

  watchCgroup(path: string): void {
    this.#tell(`cgroup ${path}`, `cgroup ${path}`);
  }

  /** An argv that must run if we die (an engine that is not our descendant, such as a container). */
  watchStop(leader: number, argv: readonly string[]): void {
    const words = argv.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
    if (!words.includes('\n')) this.#tell(`stop ${leader}`, `stop ${leader} ${words}`);
  }

  /** Nothing of the engine is left: its numbers may belong to somebody else from now on. */
  forget(leader: number, cgroup?: string): void {
    this.#known.delete(`group ${leader}`);
    this.#known.delete(`stop ${leader}`);
    if (cgroup !== undefined) this.#known.delete(`cgroup ${cgroup}`);
    this.#write(`gone ${leader} ${cgroup ?? ''}`);
  }

  /** Only when no engine is left: the guardian ends without killing anything. */
  close(): void {
    this.#closing = true;
    this.#write('quit');
    this.#child?.stdin?.end();
    this.#child?.unref();
  }

  #tell(key: string, line: string): void {
    this.#known.set(key, line);
    this.#write(line);
  }

  #write(line: string): void {
    this.#child?.stdin?.write(`${line}\n`);
  }

  #start(): void {
    // A session of its own: a Ctrl-C at the terminal must not reach it before it has done its work.
    const child = spawn('/bin/sh', ['-c', SCRIPT, 'orchestrator-guardian', this.#run], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      cwd: '/',
      env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
    });
    child.stdin?.on('error', () => undefined);
    child.on('error', (error) =>
      this.#logger.error('the guardian could not be started: engines may outlive a killed orchestrator', { error }),
    );
    const startedMs = performance.now();
    child.on('exit', () => {
      if (this.#child !== child || this.#closing) return;
      this.#logger.warn('the guardian ended; starting another');
      // One that cannot live must not cost a process after the other.
      const pause = performance.now() - startedMs < SHORTEST_LIFE_MS ? SHORTEST_LIFE_MS : 0;
      if (pause === 0) this.#start();
      else setTimeout(() => this.#closing || this.#start(), pause).unref();
    });
    child.unref();
    // A pipe is a socket to Node: it must not keep us alive by itself.
    if (child.stdin instanceof Socket) child.stdin.unref();
    this.#child = child;
    for (const line of this.#known.values()) this.#write(line);
  }
}
