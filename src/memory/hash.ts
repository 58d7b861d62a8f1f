import { createHash } from 'node:crypto';

import type { StoredMemory } from '../store/people-contract.ts';
import { folded } from './one-line.ts';

/** What one user knows once, however it is written: whom it is about, what of them, and the value; without a value, the text. */
export function hashOf({
  subject,
  attribute,
  value,
  text,
}: Pick<StoredMemory, 'subject' | 'attribute' | 'value' | 'text'>): string {
  const comparable = folded(value);
  const said = comparable === '' ? `text ${folded(text) || text}` : `value ${comparable}`;
  return createHash('sha256')
    .update(JSON.stringify([subject, attribute, said]))
    .digest('hex');
}
