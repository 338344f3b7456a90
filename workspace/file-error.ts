// Why the platform's hands did not touch a file. All of them are the caller's to mend, so each is a code and a sentence.

export type FileErrorCode =
  | 'NOT_FOUND'
  | 'OUTSIDE_WORKSPACE'
  | 'NOT_A_FILE'
  | 'NOT_A_FOLDER'
  | 'TOO_LARGE'
  | 'BAD_PATH'
  | 'ALREADY_EXISTS'
  | 'NOT_PERMITTED';

export class FileError extends Error {
  override readonly name = 'FileError';
  readonly code: FileErrorCode;
  readonly path: string;
  constructor(code: FileErrorCode, path: string, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.path = path;
  }
}

/** Translates what the kernel says about a path; anything that is not about the path passes through. */
export function fileErrorOf(error: unknown, path: string): unknown {
  if (error instanceof FileError || typeof error !== 'object' || error === null || !('code' in error)) return error;
  const options = { cause: error };
  switch (error.code) {
    case 'ENOENT':
      return new FileError('NOT_FOUND', path, `${path} does not exist.`, options);
    case 'ENOTDIR':
      return new FileError('NOT_A_FOLDER', path, `A part of ${path} is not a folder.`, options);
    case 'EISDIR':
      return new FileError('NOT_A_FILE', path, `${path} is a folder.`, options);
    case 'EACCES':
    case 'EPERM':
      return new FileError('NOT_PERMITTED', path, `${path} is not accessible: its permissions forbid it.`, options);
    case 'ENAMETOOLONG':
      return new FileError('BAD_PATH', path, `A name in ${path.slice(0, 80)}... is too long.`, options);
    default:
      return error;
  }
}
