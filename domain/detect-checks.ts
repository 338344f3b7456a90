// What a project's own files suggest as its check. Cautious: without a clear sign there is no suggestion.

/** Files of which the contents help; folders are looked at by name. */
export const TELLING_FILES = [
  'package.json',
  'pyproject.toml',
  'pytest.ini',
  'setup.py',
  'go.mod',
  'Cargo.toml',
] as const;

/**
 * The command that runs a project's tests, or null.
 * @param files contents by path from the root; a folder is named with a slash at its end and has no content.
 */
export function detectTestCommand(files: ReadonlyMap<string, string>): string | null {
  if (npmTestScript(files.get('package.json'))) return 'npm test';
  if (files.has('go.mod')) return 'go test ./...';
  if (files.has('Cargo.toml')) return 'cargo test';
  const python = files.get('pyproject.toml');
  if (files.has('pytest.ini') || python?.includes('[tool.pytest') === true || python?.includes('pytest') === true) {
    return 'python3 -m pytest';
  }
  const isPython = python !== undefined || files.has('setup.py');
  return isPython && (files.has('tests/') || files.has('test/')) ? 'python3 -m unittest discover' : null;
}

/** `npm init` writes a script that only complains; that is no check. */
function npmTestScript(manifest: string | undefined): boolean {
  if (manifest === undefined) return false;
  try {
    const { scripts } = JSON.parse(manifest) as { scripts?: { test?: unknown } };
    return typeof scripts?.test === 'string' && !scripts.test.includes('no test specified');
  } catch {
    return false; // Not JSON, so not a manifest that npm could use.
  }
}
