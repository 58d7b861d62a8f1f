import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface FakeGpu {
  /** A directory for `startOrchestrator`, which removes it in the end. */
  readonly directory: string;
  /** A PATH on which `nvidia-smi` shows this GPU. */
  readonly env: Record<string, string>;
  /** What other programs hold from now on. */
  setOthers(mebibytes: number): void;
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
  mkdirSync(bin);
  writeFileSync(others, '0');
  const program = join(bin, 'nvidia-smi');
  writeFileSync(
    program,
    `#!/bin/sh
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
case "$1" in
  --query-gpu=*) echo "0, ${UUID}, Fake, ${totalMebibytes}, $used, $((${totalMebibytes} - used))" ;;
  --query-compute-apps=*) printf '%s' "$apps" ;;
esac
`,
  );
  chmodSync(program, 0o755);
  return {
    directory,
    env: { PATH: `${bin}:${process.env['PATH'] ?? ''}` },
    setOthers: (mebibytes) => writeFileSync(others, String(mebibytes)),
    holding: (mebibytes) => ({ FAKE_GPU: `${directory}:${mebibytes}` }),
  };
}
