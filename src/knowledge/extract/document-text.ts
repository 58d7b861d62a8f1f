import type { Structure } from './blocks.ts';

/** A document as text, before it is cut. */
export interface DocumentText {
  readonly text: string;
  readonly structure: Structure;
  readonly mime: string;
  readonly title: string | null;
  /** What could not be read, for a person. */
  readonly warning: string | null;
  /** Where each page begins, the first at 0. */
  readonly pages?: readonly number[] | undefined;
}
