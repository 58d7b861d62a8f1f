import type { InferenceRoute } from '../../engines/routes.ts';
import type { Hit } from '../contract.ts';
import { carefulTokens } from './careful-tokens.ts';
import { choosePassages, type Passage, withoutWorst } from './passages.ts';
import { placeBeside } from './place.ts';
import { renderNothing, renderPassages } from './render.ts';

export interface AssemblyInput {
  readonly route: InferenceRoute;
  readonly body: Record<string, unknown>;
  readonly hits: readonly Hit[];
  readonly question: string;
  /** Tokens that documents may take. */
  readonly room: number;
  readonly whenNothingFound: 'say' | 'answer';
}

export interface Assembly {
  /** The very object that came in where nothing was added. */
  readonly body: Record<string, unknown>;
  /** In the order of their numbers, from 1. */
  readonly passages: readonly Passage[];
  /** Tokens that were added, rather too many than too few. */
  readonly tokens: number;
}

/** The tags and the sentence in front of them. */
const FRAME_TOKENS = 56;

/** Puts what was found into a request, as much as there is room for: pure. Never takes more than `room`. */
export function assemble({ route, body, hits, question, room, whenNothingFound }: AssemblyInput): Assembly {
  const none: Assembly = { body, passages: [], tokens: 0 };
  const place = (text: string, passages: readonly Passage[]): Assembly => {
    const placed = placeBeside(route, body, { before: text, after: '' });
    return placed ? { body: placed, passages, tokens: carefulTokens(text) } : none;
  };
  if (hits.length === 0) {
    const text = renderNothing();
    return whenNothingFound === 'say' && carefulTokens(text) <= room ? place(text, []) : none;
  }
  let passages = choosePassages(hits, question, room - FRAME_TOKENS);
  for (; passages.length > 0; passages = withoutWorst(passages)) {
    const text = renderPassages(passages);
    if (carefulTokens(text) <= room) return place(text, passages);
  }
  return none;
}
