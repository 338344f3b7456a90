import { createHash } from 'node:crypto';

/** 96 bits of sha256: enough to tell what happened apart, and short enough for every step's history. */
export const shortHash = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 16);
