import { rm } from 'node:fs/promises';

import type { AddOptions, DocumentView, KnowledgeBase } from '../../knowledge/contract.ts';
import type { KnowledgeRoutesOptions } from './access.ts';
import { receiveUpload, type Upload } from './upload.ts';

/** Whose it becomes, and where it waits. */
export interface FileOwner extends KnowledgeRoutesOptions {
  readonly base: KnowledgeBase;
  readonly user: string;
}

/** Takes an upload in and queues it. What is refused, also by `read`, which checks the fields beside it, leaves no file. */
export async function addFile(
  request: Request,
  { base, user, uploadsDir, settings }: FileOwner,
  read: (upload: Upload) => Promise<AddOptions & { readonly title?: string | undefined }>,
): Promise<{ readonly document: DocumentView; readonly existed: boolean }> {
  const maxBytes = settings().profile.knowledge.limits.fileSize;
  const upload = await receiveUpload(request, { directory: uploadsDir, maxBytes });
  try {
    const { title, ...options } = await read(upload);
    const { path, name, mime } = upload;
    return await base.add(user, { kind: 'file', path, name, mime, title }, options);
  } catch (error) {
    await rm(upload.path, { force: true });
    throw error;
  }
}
