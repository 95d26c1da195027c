import { call, fetchBlob } from './api.ts';
import type { Site } from './frames.ts';
import { uuid } from './ids.ts';

/** Largest file, in bytes, that the center takes. */
export const LARGEST_FILE = 10 * 1024 * 1024;
/** A file is given so long, in ms, to reach a site. */
const UPLOAD_PATIENCE = 120_000;
const DOWNLOAD_PATIENCE = 30_000;

/** A file on its way to the center. */
export interface Upload {
  /** Id of the message that it becomes; the same one at each attempt, so it is stored once. */
  message: string;
  conversation: string;
  file: File;
  state: 'sending' | 'failed';
  reason: string;
}

export function newUpload(conversation: string, file: File): Upload {
  const tooLarge = file.size > LARGEST_FILE;
  const state = tooLarge ? 'failed' : 'sending';
  return { message: uuid(), conversation, file, state, reason: tooLarge ? 'file_too_large' : '' };
}

export function upload(sites: readonly Site[], token: string, what: Upload): Promise<{ file: string }> {
  return call(sites, {
    method: 'POST',
    path: `/api/v1/conversations/${encodeURIComponent(what.conversation)}/files`,
    token,
    body: what.file,
    headers: {
      'Content-Type': what.file.type || 'application/octet-stream',
      'X-File-Name': encodeURIComponent(what.file.name),
      'X-Message-Id': what.message,
    },
    patience: UPLOAD_PATIENCE,
  });
}

export function download(
  sites: readonly Site[],
  token: string,
  conversation: string,
  file: string,
): Promise<Blob> {
  const path = `/api/v1/conversations/${encodeURIComponent(conversation)}/files/${encodeURIComponent(file)}`;
  return fetchBlob(sites, { path, token, patience: DOWNLOAD_PATIENCE });
}

/** `3.2 MB`, `14 kB` */
export function fileSize(bytes: number): string {
  if (bytes >= 1_000_000) return `${(bytes / 1_000_000).toFixed(1)} MB`;
  return `${Math.max(1, Math.round(bytes / 1_000))} kB`;
}

/** Draws an image into a canvas, at most `side` px wide or high: a strict CSP has no room for `blob:` images. */
export async function drawInto(canvas: HTMLCanvasElement, blob: Blob, side: number): Promise<void> {
  const image = await createImageBitmap(blob);
  const scale = Math.min(1, side / Math.max(image.width, image.height));
  canvas.width = Math.max(1, Math.round(image.width * scale));
  canvas.height = Math.max(1, Math.round(image.height * scale));
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  image.close();
}

/** Hands a file to the browser's downloads. */
export function saveAs(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
