import type { Profile } from '../../profiles/profile.ts';

/** `knowledge.web` of a profile. */
export type WebSettings = Profile['knowledge']['web'];
