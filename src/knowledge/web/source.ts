import type { z } from 'zod';

import { AppError } from '../../shared/errors.ts';
import type { WebClient } from './fetch-page.ts';
import type { WebSettings } from './settings.ts';

/** What a source is asked with. */
export interface Question {
  readonly topic: string;
  /** Things wanted, at most. */
  readonly most: number;
  /** ISO 639-1, the best one first. */
  readonly languages: readonly string[];
  readonly settings: WebSettings;
  readonly client: WebClient;
  readonly signal: AbortSignal;
}

/** What a source has: a text of its own, or the address of a page that is to be fetched like any other. */
export type Found =
  | {
      readonly kind: 'text';
      readonly title: string;
      readonly url: string;
      /** Markdown. */
      readonly text: string;
      /** Whom to name, and under which licence; null: not known. */
      readonly attribution: string | null;
    }
  | { readonly kind: 'page'; readonly title: string; readonly url: string; readonly attribution: string | null };

export interface Answer {
  readonly found: readonly Found[];
  /** What stood in the way of more, for a person. */
  readonly problem?: string | undefined;
}

/** Rejects where it may not or cannot be asked. */
export type AskSource = (question: Question) => Promise<Answer>;

/**
 * Of somebody else's JSON the part that is used.
 * @throws AppError `web_unavailable` where it is not there.
 */
export function readAs<T>(schema: z.ZodType<T>, json: unknown, from: string): T {
  const { data, success, error } = schema.safeParse(json);
  if (success) return data;
  const [issue] = error.issues;
  throw new AppError(
    'web_unavailable',
    `${from} answered in a form that is not its documented one (${issue?.path.join('.')}: ${issue?.message}).`,
  );
}
