import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { allProcesses } from './processes.ts';

export interface FakeGpu {
  /** A directory for `startOrchestrator`, which removes it in the end. */
  readonly directory: string;
  /** A PATH on which `nvidia-smi` shows this GPU. */
  readonly env: Record<string, string>;
  /** What other programs hold from now on. */
  setOthers(mebibytes: number): void;
  /** So much stays taken on the device when none of our processes is left on it. */
  setLeak(mebibytes: number): void;
  /** `hangs`: the driver does not answer; `fails`: for no reason that says anything; `faulty`: `ERR!`; `gone`: there is no GPU any more. */
  setState(state: 'well' | 'hangs' | 'fails' | 'faulty' | 'gone'): void;
  /** Programs asking the driver at this moment. */
  asking(): number;
  /** Environment of a process that holds so much of the GPU for as long as it lives. */
  holding(mebibytes: number): Record<string, string>;
}

const UUID = 'GPU-11111111-2222-3333-4444-555555555555';

/**
 * An `nvidia-smi` that is a program of ours: one GPU, of which each process holds what its environment says, as the driver would count it:
 * from its start to its very end. `tells`: whether the driver says whose memory it is; under WSL2 it does not.
 */
export function fakeGpu(totalMebibytes: number, { tells } = { tells: true }): FakeGpu {
  const directory = mkdtempSync(join(tmpdir(), 'orchestrator-test-'));
  const bin = join(directory, 'bin');
  const others = join(directory, 'others');
  const leak = join(directory, 'leak');
  const state = join(directory, 'driver');
  mkdirSync(bin);
  writeFileSync(others, '0');
  writeFileSync(leak, '0');
  writeFileSync(state, 'well');
  const program = join(bin, 'nvidia-smi');
  writeFileSync(
    program,
    `#!/bin/sh
numbers=
case "$(cat '${state}')" in
  hangs) sleep 600 ;;
  fails) echo 'NVIDIA-SMI has failed because it could not communicate with the NVIDIA driver.'; exit 1 ;;
  gone) echo 'No devices were found'; exit 6 ;;
  faulty) numbers='ERR!, ERR!, [Unknown Error]' ;;
esac
used=$(cat '${others}')
apps=
for file in $(grep -lzs '^FAKE_GPU=${directory}:' /proc/[0-9]*/environ); do
  held=$(tr '\\0' '\\n' 2>/dev/null < $file | sed -n 's|^FAKE_GPU=${directory}:||p')
  [ -n "$held" ] || continue
  pid=\${file#/proc/}
  used=$((used + held))
  apps="\${apps}${UUID}, \${pid%/environ}, ${tells ? '$held' : '[N/A]'}
"
done
[ -n "$apps" ] || used=$((used + $(cat '${leak}')))
case "$1" in
  --query-gpu=*) echo "0, ${UUID}, Fake, \${numbers:-${totalMebibytes}, $used, $((${totalMebibytes} - used))}" ;;
  --query-compute-apps=*) printf '%s' "$apps" ;;
esac
`,
  );
  chmodSync(program, 0o755);
  return {
    directory,
    env: { PATH: `${bin}:${process.env['PATH'] ?? ''}` },
    setOthers: (mebibytes) => writeFileSync(others, String(mebibytes)),
    setLeak: (mebibytes) => writeFileSync(leak, String(mebibytes)),
    setState: (wanted) => writeFileSync(state, wanted),
    asking: () => allProcesses().filter(({ argv }) => argv.includes(program)).length,
    holding: (mebibytes) => ({ FAKE_GPU: `${directory}:${mebibytes}` }),
  };
}
