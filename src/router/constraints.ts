import type { Candidate, StandingOf } from './candidate.ts';
import type { Conversation } from './conversation.ts';

/** What a request needs of whoever serves it. */
export interface Needs {
  readonly conversation: Conversation;
  /** ISO 639-1 codes of what is spoken and of what the answer is asked for in, as far as they are known. */
  readonly languages: readonly string[];
  /** Only these, and not those; ids. */
  readonly only?: readonly string[] | undefined;
  readonly not?: readonly string[] | undefined;
  /** Tokens that come to the prompt beside what the body has, by the context of the candidate. */
  readonly addedTokens?: ((context: number) => number) | undefined;
}

export interface Exclusion {
  readonly expert: string;
  /** A clause for a person: "takes no images". */
  readonly why: string;
}

export interface Eligible {
  readonly candidates: readonly Candidate[];
  readonly excluded: readonly Exclusion[];
  /** Constraints that nobody met and that were therefore let go, as clauses. */
  readonly ignored: readonly string[];
}

interface Constraint {
  /** What is said where nobody meets it. */
  readonly nobody: string;
  /** Why the candidate is out; undefined: it meets the constraint. */
  readonly against: (candidate: Candidate) => string | undefined;
}

/** An answer may be cut short, a prompt may not: for the answer this share of the context is asked at most. */
const MOST_ANSWER_SHARE = 0.5;
/** Room for a short answer where the client says nothing. */
const SHORT_ANSWER = 256;

/**
 * Takes out who cannot serve the request, with the reason. The constraints come in the order of their hardness; one that would leave
 * nobody is let go and said, so that the client gets an answer, or the refusal of an expert in place of one of ours.
 */
export function eligible(candidates: readonly Candidate[], needs: Needs, standingOf: StandingOf): Eligible {
  const excluded: Exclusion[] = [];
  const ignored: string[] = [];
  let left = candidates;
  for (const { nobody, against } of constraintsOf(candidates, needs, standingOf)) {
    const misses = left.flatMap((candidate) => {
      const why = against(candidate);
      return why === undefined ? [] : [{ candidate, why }];
    });
    if (misses.length === 0) continue;
    if (misses.length === left.length) {
      ignored.push(nobody);
      continue;
    }
    left = left.filter((candidate) => !misses.some((miss) => miss.candidate === candidate));
    for (const { candidate, why } of misses) excluded.push({ expert: candidate.expert.id, why });
  }
  return { candidates: left, excluded, ignored };
}

function constraintsOf(candidates: readonly Candidate[], needs: Needs, standingOf: StandingOf): Constraint[] {
  const { conversation, languages, only, not } = needs;
  const constraints: Constraint[] = [];
  const add = (nobody: string, against: Constraint['against']) => constraints.push({ nobody, against });
  if (only || not)
    add('the request leaves no expert', ({ expert: { id } }) => {
      if (not?.includes(id)) return 'the request says not this one';
      return only && !only.includes(id) ? 'the request names others' : undefined;
    });
  add('nobody serves this route', ({ servesRoute }) => (servesRoute ? undefined : 'does not serve this route'));
  if (conversation.images) add('nobody takes images', ({ expert }) => (expert.vision ? undefined : 'takes no images'));
  if (conversation.audio) add('nobody takes audio', ({ expert }) => (expert.audio ? undefined : 'takes no audio'));
  if (conversation.documents)
    add('nobody takes documents', ({ documents }) => (documents ? undefined : 'takes no documents'));
  if (conversation.tools) add('nobody takes tools', ({ expert }) => (expert.tools ? undefined : 'takes no tools'));
  add('nobody can ever be loaded', ({ expert }) =>
    standingOf(expert.id) === 'never' ? 'can never fit in the budget' : undefined,
  );
  add('nobody can be loaded now', ({ expert }) => {
    const standing = standingOf(expert.id);
    if (standing === 'failed') return 'has failed';
    return standing === 'refused' ? 'cannot be loaded now' : undefined;
  });
  addContext(constraints, candidates, needs);
  if (languages.length > 0)
    add(`nobody lists ${languages.join(' and ')}`, ({ expert }) => {
      if (expert.languages.length === 0) return undefined;
      const missing = languages.filter((language) => !expert.languages.includes(language));
      return missing.length === 0 ? undefined : `does not list the language ${missing.join(' and ')}`;
    });
  return constraints;
}

function addContext(
  constraints: Constraint[],
  candidates: readonly Candidate[],
  { conversation: { promptTokens, answerTokens = SHORT_ANSWER }, addedTokens }: Needs,
): void {
  const roomOf = ({ expert: { context } }: Candidate) =>
    context - Math.min(answerTokens, Math.floor(context * MOST_ANSWER_SHARE));
  const roomBeside = (candidate: Candidate) => roomOf(candidate) - (addedTokens?.(candidate.expert.context) ?? 0);
  const smallest = candidates.reduce((least, candidate) => Math.min(least, roomBeside(candidate)), Infinity);
  const tokens = promptTokens(smallest);
  if (tokens <= smallest) return;
  const short =
    (room: (candidate: Candidate) => number, beside: string): Constraint['against'] =>
    (candidate) =>
      tokens <= room(candidate)
        ? undefined
        : `its context of ${candidate.expert.context} tokens is too short for about ${tokens} and ${beside}`;
  const largest = Math.max(...candidates.map(({ expert }) => expert.context));
  // Documents can do with less room, and with none.
  if (addedTokens)
    constraints.push({
      nobody: `no context holds about ${tokens} tokens, all documents and the answer`,
      against: short(roomBeside, 'documents and an answer'),
    });
  // Where no context holds it, the largest comes nearest.
  constraints.push(
    { nobody: `no context holds about ${tokens} tokens and the answer`, against: short(roomOf, 'an answer') },
    {
      nobody: 'no context is the largest',
      against: (candidate) =>
        candidate.expert.context >= Math.min(tokens, largest)
          ? undefined
          : `its context of ${candidate.expert.context} tokens is too short for about ${tokens}`,
    },
  );
}
