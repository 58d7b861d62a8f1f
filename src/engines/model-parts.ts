/** What an engine is given to load, and which part of it a request wants. */
import type { Model } from './settings.ts';

export interface LaunchFiles {
  readonly model?: string;
  readonly mmproj?: string;
  readonly chatTemplate?: string;
  /** The model that guesses. */
  readonly draft?: string;
  /** As `adaptersOf` lists them. */
  readonly loras?: readonly LaunchAdapter[];
}

export interface LaunchAdapter {
  readonly path: string;
  /** Of its matrices, where a folder says it. */
  readonly rank?: number | undefined;
}

/** Adapters of a request; `none`: the base model itself. */
export type Lora = 'none' | LoraAdapter | readonly LoraAdapter[];

/** Where an adapter is, and how strongly it is applied. */
export interface LoraAdapter extends Model {
  readonly scale?: number | undefined;
}
