// The import fences. Every rule has a violating sample in bin/check-imports.ts, so none of them can go blind unnoticed.
'use strict';

// Tests and the programs that only test, measure or start the product stand outside the fences.
const TESTS = '(^(test|bench|bin)/|\\.(test|testsuite)\\.ts$)';
const TEMPORAL_COMMANDS = ['^cli/.*replay', '^cli/.*temporal'];
const package_ = (name) => `(^|/)node_modules/${name}/`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'domain-is-pure',
      comment: 'domain/ imports nothing but its own files: the workflow sandbox, the api and the tests share it.',
      severity: 'error',
      from: { path: '^domain/', pathNot: TESTS },
      to: { pathNot: '^domain/' },
    },
    {
      name: 'workflows-are-replayed',
      comment: 'workflows/ sees domain/, @temporalio/workflow and @temporalio/common; anything else breaks replay.',
      severity: 'error',
      from: { path: '^workflows/', pathNot: TESTS },
      to: { pathNot: ['^(workflows|domain)/', package_('@temporalio/(workflow|common)')] },
    },
    {
      name: 'api-and-cli-execute-nothing',
      comment: 'What acts on workspaces runs in the workers; the api and loomctl ask for it through Temporal.',
      severity: 'error',
      from: { path: '^(api|cli)/', pathNot: TESTS },
      to: { path: '^(activities|workers|sandbox|actions|workspace|gate|repair)/' },
    },
    {
      name: 'cli-speaks-http',
      comment: 'loomctl is a client of the REST API, so that a permission is checked in one place.',
      severity: 'error',
      from: { path: '^cli/', pathNot: [TESTS, ...TEMPORAL_COMMANDS] },
      to: { path: '^(api|client|connectors|events|hub|store)/' },
    },
    {
      name: 'temporal-client-has-one-owner',
      comment:
        'Only client/ talks to Temporal and returns outcomes as values; workers need a client for their context.',
      severity: 'error',
      from: { pathNot: [TESTS, '^(client|workers|up)/', ...TEMPORAL_COMMANDS] },
      to: { path: package_('@temporalio/client') },
    },
    {
      name: 'nats-has-one-owner',
      comment: 'Only events/ speaks NATS: publish through the outbox, subscribe through events/.',
      severity: 'error',
      from: { pathNot: [TESTS, '^events/'] },
      to: { path: package_('nats') },
    },
    {
      name: 'connectors-stand-alone',
      comment:
        'The connectors are a service of their own: but for its entry point they know domain/, config/ and network/ only.',
      severity: 'error',
      from: { path: '^connectors/', pathNot: [TESTS, '^connectors/server\\.ts$'] },
      to: { pathNot: ['^(connectors|domain|config|network)/', '(^|/)node_modules/'], dependencyTypesNot: ['core'] },
    },
    {
      name: 'product-without-test-parts',
      comment: 'What runs in production needs neither test files nor packages that are installed for development only.',
      severity: 'error',
      from: { pathNot: [TESTS, '\\.config\\.mjs$'] },
      to: { path: ['^test/', '\\.(test|testsuite)\\.ts$', package_('(@jest|@temporalio/testing|fast-check)')] },
    },
    {
      name: 'no-cycles',
      comment: 'Files that need each other are one idea: join them, or move what both need to a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(\\.loom|coverage|examples|histories|repair/fixtures|test/fixtures)/' },
    // Type-only imports count as well: they pull a folder's typings and meaning across a fence.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
