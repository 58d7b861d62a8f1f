const MIB = 2 ** 20;
const GIB = 2 ** 30;

export interface HouseExpert {
  readonly id: string;
  /** What it takes of the one pool. */
  readonly bytes: number;
  readonly loadMs: number;
  /** Requests that the engine works on at once. */
  readonly parallel: number;
}

/** One pool and its experts, the most popular first. */
export interface House {
  readonly name: string;
  readonly budget: number;
  readonly experts: readonly HouseExpert[];
  /** From the end of the last request of an engine that is unloaded to the return of its memory. */
  readonly unloadMs: number;
  /** Mean time of one request, and mean time between two. */
  readonly serviceMs: number;
  readonly gapMs: number;
}

/** Footprints from the reference tables (8k context, f16 cache; gemma Q3_K_M with a q8_0 cache); a load is file size at 3 GB/s and 1.5 s. */
function onRtx4080(id: string, gib: number, fileGb: number): HouseExpert {
  return { id, bytes: Math.round(gib * GIB), loadMs: 1_500 + (fileGb / 3) * 1_000, parallel: 2 };
}

const PHI = onRtx4080('phi4_fast', 4.2, 2.49);
const MISTRAL = onRtx4080('mistral_balanced', 5.6, 4.37);
const QWEN = onRtx4080('qwen_coder', 2.5, 1.65);
const GEMMA = onRtx4080('gemma3_multimodal', 14.1, 13.4);
const AYA = onRtx4080('aya_multilingual', 6.7, 5.06);

const rtx4080 = { budget: (16_376 - 1_400) * MIB, unloadMs: 500, serviceMs: 3_000, gapMs: 12_000 };

export const HOUSES: readonly House[] = [
  { ...rtx4080, name: 'rtx4080, five', experts: [PHI, QWEN, MISTRAL, AYA, GEMMA] },
  { ...rtx4080, name: 'rtx4080, four small', experts: [PHI, MISTRAL, QWEN, AYA], gapMs: 8_000 },
  {
    name: 'toy, four of 400 MiB in 1 GiB',
    budget: GIB,
    experts: ['north', 'east', 'south', 'west'].map((id) => ({ id, bytes: 400 * MIB, loadMs: 450, parallel: 2 })),
    unloadMs: 100,
    serviceMs: 600,
    gapMs: 1_500,
  },
];
