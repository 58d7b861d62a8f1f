import type { ProgramProbe, SlotProtocol } from './contract.ts';

/** In every llama-server since early 2024. */
const FLAG = '--slot-save-path';

/** Whether this build writes slots to files. */
export function savesSlots(program: ProgramProbe | undefined): boolean {
  return program === undefined || program.flags.has(FLAG);
}

/**
 * llama-server's slot files: the tokens, their KV cells and, in builds of 2026, the context checkpoints that models with a sliding
 * window or a recurrent state need to go back. A path in the name is refused by the engine; the folder is the launch's.
 */
export const LLAMA_SLOTS: SlotProtocol = {
  fields: (slot, fresh) => ({ id_slot: slot, ...(fresh ? { cache_prompt: false } : {}) }),
  save: (slot, file) => ({ method: 'POST', path: `/slots/${slot}?action=save`, body: { filename: file } }),
  restore: (slot, file) => ({ method: 'POST', path: `/slots/${slot}?action=restore`, body: { filename: file } }),
  erase: (slot) => ({ method: 'POST', path: `/slots/${slot}?action=erase`, body: {} }),
  tokens: (answer) => {
    const { n_saved: saved, n_restored: restored } = (answer ?? {}) as { n_saved?: unknown; n_restored?: unknown };
    const count = saved ?? restored;
    return typeof count === 'number' ? count : undefined;
  },
};

/** The argument that gives the engine its folder. */
export function slotArguments(folder: string): string[] {
  return [FLAG, folder];
}
