/** Which pool each layer goes to, as llama.cpp's `--n-gpu-layers` and `--tensor-split` decide it. Pure. */
export interface Device {
  /** `gpu0`, `gpu1`, … */
  readonly pool: string;
  /** Part of the layers, relative to the other devices'. */
  readonly share: number;
}

export interface Placement {
  /** By index of the layer. */
  readonly layers: readonly string[];
  /** The output counts as one layer after the last. */
  readonly output: string;
}

/** The last `gpuLayers` of the layers and the output go to the devices, in order and in proportion to their shares; the rest stays. */
export function placeLayers(
  count: number,
  { gpuLayers, devices }: { readonly gpuLayers: number | 'all'; readonly devices: readonly Device[] },
): Placement {
  const onGpu = devices.length === 0 ? 0 : Math.min(count + 1, gpuLayers === 'all' ? count + 1 : gpuLayers);
  const first = count + 1 - onGpu;
  const pools = Array.from({ length: count + 1 }, (_, index) =>
    index < first ? 'ram' : deviceFor((index - first) / onGpu, devices),
  );
  return { layers: pools.slice(0, count), output: pools[count] ?? 'ram' };
}

function deviceFor(position: number, devices: readonly Device[]): string {
  const total = devices.reduce((sum, { share }) => sum + share, 0);
  let reached = 0;
  for (const { pool, share } of devices) {
    reached += share / total;
    if (position < reached) return pool;
  }
  return devices.at(-1)?.pool ?? 'ram';
}
