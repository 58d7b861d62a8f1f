/** What is said between us and the process that reads files. */
export interface Job {
  readonly path: string;
  readonly name: string;
  readonly mime?: string | undefined;
  /** Bytes; a larger file is refused before it is read. */
  readonly fileSize: number;
  readonly chunkTokens: number;
  readonly isWebPage: boolean;
  /** Kept of a page from the web, in UTF-16 code units; `undefined`: it comes from a person, and is taken as it is. */
  readonly maxCharacters?: number | undefined;
  /** A text of ours in UTF-16: no sniffing. */
  readonly isText: boolean;
  /** Where the passages are written, one JSON text a line. */
  readonly output: string;
}

export interface JobSummary {
  readonly title: string | null;
  readonly mime: string;
  readonly language: string | null;
  readonly characters: number;
  readonly warning: string | null;
  /** Why a person must look at it first. */
  readonly suspicion: string | null;
}

export type Report =
  | { readonly kind: 'progress'; readonly done: number }
  | { readonly kind: 'done'; readonly summary: JobSummary }
  /** `unreadable`: it is the file's fault. `disk-full`, `broken`: it is ours. */
  | { readonly kind: 'failed'; readonly reason: 'unreadable' | 'disk-full' | 'broken'; readonly says: string };
