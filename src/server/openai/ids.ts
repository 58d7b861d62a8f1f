import type { StoredDocument } from '../../store/contract.ts';

/** A document is a file to OpenAI's clients: the same id with another beginning. */
export const fileIdOf = (document: Pick<StoredDocument, 'id'>): string => document.id.replace(/^doc_/, 'file-');

/** The other way; our own id is taken too. */
export const documentIdOf = (file: string): string => file.replace(/^file-/, 'doc_');
