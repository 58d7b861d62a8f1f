/**
 * Conversations and questions in the format of LoCoMo (github: snap-research/locomo, `data/locomo10.json`), which its user has: nothing of
 * it is shipped.
 */
import { readFileSync } from 'node:fs';

export interface LocomoTurn {
  /** `D1:3`: the third turn of the first session. */
  readonly id: string;
  readonly speaker: string;
  readonly text: string;
  /** Milliseconds since 1970; null: the file does not say. */
  readonly at: number | null;
}

export interface LocomoQuestion {
  readonly question: string;
  /** 1 multi-hop, 2 temporal, 3 open-domain, 4 single-hop, 5 adversarial. */
  readonly category: number;
  /** Ids of turns of the same conversation, at least one. */
  readonly evidence: readonly string[];
}

export interface LocomoConversation {
  readonly id: string;
  readonly turns: readonly LocomoTurn[];
  /** Those whose evidence is there; others cannot be judged. */
  readonly questions: readonly LocomoQuestion[];
}

/** Throws an `Error` that says what is not as the format has it. */
export function readLocomo(file: string): readonly LocomoConversation[] {
  const samples = JSON.parse(readFileSync(file, 'utf8')) as readonly Sample[];
  if (!Array.isArray(samples)) throw new Error(`${file} is not in LoCoMo's format: it is no list of conversations`);
  return samples.map((sample, index) => {
    const id = sample.sample_id ?? String(index);
    if (typeof sample.conversation !== 'object' || !Array.isArray(sample.qa))
      throw new Error(`${file} is not in LoCoMo's format: ${id} has no "conversation", or no list "qa"`);
    const turns = turnsOf(sample.conversation);
    return { id, turns, questions: questionsOf(sample.qa, new Set(turns.map((turn) => turn.id))) };
  });
}

interface Sample {
  readonly sample_id?: string;
  readonly conversation: Readonly<Record<string, unknown>>;
  readonly qa: readonly {
    readonly question: string;
    readonly category: number;
    readonly evidence?: readonly string[] | string;
  }[];
}

interface RawTurn {
  readonly speaker: string;
  readonly dia_id: string;
  readonly text?: string;
  /** What a picture shows, in words. */
  readonly blip_caption?: string;
}

function turnsOf(conversation: Sample['conversation']): LocomoTurn[] {
  const sessions = Object.keys(conversation)
    .map((key) => /^session_(\d+)$/.exec(key)?.[1])
    .filter((number) => number !== undefined)
    .map(Number)
    .toSorted((one, other) => one - other);
  return sessions.flatMap((number) => {
    const at = timeOf(conversation[`session_${number}_date_time`]);
    const turns = conversation[`session_${number}`] as readonly RawTurn[];
    return turns.map(({ dia_id: id, speaker, text = '', blip_caption: caption }) => {
      return { id, speaker, text: caption === undefined ? text : `${text} (${caption})`.trim(), at };
    });
  });
}

/** Several stand in one entry here and there ("D8:6; D9:17"), some with a stray letter or zero ("D:11:26", "D10:05"). */
function questionsOf(qa: Sample['qa'], known: ReadonlySet<string>): LocomoQuestion[] {
  return qa
    .map(({ question, category, evidence = [] }) => {
      const found = [evidence].flat().flatMap((entry) => [...entry.matchAll(/D:?(\d+):(\d+)/g)]);
      const ids = found.map(([, session, turn]) => `D${Number(session)}:${Number(turn)}`).filter((id) => known.has(id));
      return { question, category, evidence: [...new Set(ids)] };
    })
    .filter(({ evidence }) => evidence.length > 0);
}

/** "1:56 pm on 8 May, 2023", in UTC. */
function timeOf(value: unknown): number | null {
  const match = /^(\d{1,2}):(\d{2}) ?([ap]m) on (\d{1,2} \w+,? \d{4})$/i.exec(String(value).trim());
  if (!match) return null;
  const [, hour = '', minute = '', half = '', day = ''] = match;
  const midnight = Date.parse(`${day} UTC`);
  const hours = (Number(hour) % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
  return Number.isNaN(midnight) ? null : midnight + (hours * 60 + Number(minute)) * 60_000;
}
