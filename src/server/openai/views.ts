/** Documents and collections in the shapes of OpenAI's files and vector stores. Moments are seconds since 1970. */
import type { DocumentView, Hit } from '../../knowledge/contract.ts';
import type { Collection } from '../../store/contract.ts';
import { fileIdOf } from './ids.ts';

export function fileObject(document: DocumentView) {
  return {
    id: fileIdOf(document),
    object: 'file',
    bytes: document.bytes,
    created_at: seconds(document.created),
    filename: filenameOf(document),
    // Which of the two it was uploaded for makes no difference here.
    purpose: 'assistants',
    status: document.state === 'failed' ? 'error' : document.state === 'queued' ? 'uploaded' : 'processed',
    status_details: document.error,
  };
}

type FileStatus = 'in_progress' | 'completed' | 'failed';

export function storeFileObject(document: DocumentView, store: string) {
  const status = statusOf(document);
  return {
    id: fileIdOf(document),
    object: 'vector_store.file',
    created_at: seconds(document.created),
    vector_store_id: store,
    usage_bytes: document.bytes,
    status,
    last_error: status === 'failed' ? { code: 'invalid_file', message: reasonOf(document) } : null,
    attributes: document.attributes,
    chunking_strategy: { type: 'other' },
  };
}

/** A store, of whose files all are given. */
export function storeObject({ id, name, created, metadata }: Collection, documents: readonly DocumentView[]) {
  const file_counts = countsOf(documents);
  return {
    id,
    object: 'vector_store',
    created_at: seconds(created),
    name,
    usage_bytes: documents.reduce((sum, { bytes }) => sum + bytes, 0),
    file_counts,
    status: file_counts.in_progress > 0 ? 'in_progress' : 'completed',
    expires_after: null,
    expires_at: null,
    last_active_at: seconds(documents.reduce((latest, { updated }) => Math.max(latest, updated), created)),
    metadata,
  };
}

export function countsOf(documents: readonly DocumentView[]) {
  const of = (wanted: FileStatus) => documents.filter((document) => statusOf(document) === wanted).length;
  const [in_progress, completed, failed] = [of('in_progress'), of('completed'), of('failed')];
  return { in_progress, completed, failed, cancelled: 0, total: documents.length };
}

export function searchResult({ document, chunk, score }: Hit) {
  return {
    file_id: fileIdOf(document),
    filename: filenameOf(document),
    score,
    attributes: document.attributes,
    content: [{ type: 'text', text: chunk.text }],
  };
}

export function statusOf({ state }: Pick<DocumentView, 'state'>): FileStatus {
  if (state === 'queued') return 'in_progress';
  // Who polls for the end of it must not wait for a person.
  return state === 'ready' ? 'completed' : 'failed';
}

function reasonOf({ id, state, error }: DocumentView): string {
  if (state === 'quarantined')
    return `It was fetched from the web and waits for approval: orchestrator rag approve ${id}`;
  return error ?? 'It could not be read.';
}

const filenameOf = ({ uri, title }: Pick<DocumentView, 'uri' | 'title'>) => uri ?? title;
const seconds = (milliseconds: number) => Math.floor(milliseconds / 1_000);
