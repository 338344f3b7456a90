// Reporter for Node's own test runner, loaded into the repository's run (hence plain JavaScript: any Node may load it). Writes
// one marked JSON line for each test, with its file, which no reporter of Node's gives for a test that passes.
// oxlint-disable-next-line import/no-default-export -- Node asks a reporter for its default export
export default async function* report(source) {
  for await (const { type, data } of source) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const error = data.details?.error;
    const line = {
      passed: type === 'test:pass',
      name: data.name,
      nesting: data.nesting,
      file: data.file,
      suite: data.details?.type === 'suite',
      left: data.skip !== undefined || data.todo !== undefined,
      message: error?.cause?.message ?? error?.message,
    };
    yield `##loom-test ${JSON.stringify(line)}\n`;
  }
}
