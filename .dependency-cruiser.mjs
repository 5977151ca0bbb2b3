// Who may import whom: the arrows of ARCHITECTURE.md, one rule each. scripts/direction.test.ts proves that each rule bites.

import swc from '@swc/core/Visitor.js'

// swc's visitor, by which dependency-cruiser reads TypeScript, throws at `using`; to imports it is a `const`.
const { visitStatement } = swc.Visitor.prototype
swc.Visitor.prototype.visitStatement = function (statement) {
  if (statement.type !== 'UsingDeclaration') return visitStatement.call(this, statement)
  return this.visitVariableDeclaration({ ...statement, declarations: statement.decls })
}

const test = String.raw`\.test\.ts$`
/** Node's own modules: no ending, which every file has. */
const builtin = '^(node:)?[a-z0-9_/]+$'
const npm = '^node_modules/'
/** What tests need beside what npm installs. */
const peers = String.raw`^scripts/tools/(python-peers|envoy|media-peers|start-gst-server|pull-by-gst)\.ts$`

/** The modules that other packages see: the `exports` of each package.json. */
const entries = [
  // What those who call handlers build on, beside what handler authors import.
  '^packages/sdk/src/(host|chunk-type|draw-boxes/index)\\.ts$',
  '^packages/(sdk|core|processor|connectors|runtimes|testkit)/src/index\\.ts$',
  '^packages/protocols/src/[^/]+/index\\.ts$',
  '^packages/protocols/src/inference/(grpc|handler)/index\\.ts$',
  '^packages/cli/src/main\\.ts$',
]

/** What `from` may import besides itself; tests beside the code may also import the testkit. */
const only = (name, from, allowed, comment) => [
  {
    name,
    comment,
    severity: 'error',
    from: { path: from, pathNot: test },
    to: { pathNot: [from, ...allowed] },
  },
]

const packageTo = (...names) => `^packages/(${names.join('|')})/`

/** A kind's folder: its own files, the package's error table, and what the rest of its package builds on. */
const kind = (name, folder, tables, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: `^packages/(${folder})/([^/]+)/` },
  to: {
    path: `^packages/${folder.split('/')[0]}/`,
    pathNot: ['^packages/$1/$2/', `^packages/${tables}/errors\\.ts$`],
  },
})

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Modules that need each other are one module, or a third is missing.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'An import must lead somewhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    ...only('sdk-imports-nothing', '^packages/sdk/src/', [], 'Handler authors install the sdk alone.'),
    ...only(
      'core-imports-sdk',
      '^packages/core/src/',
      [packageTo('sdk'), builtin],
      'The vocabulary stands on the sdk only.',
    ),
    ...only(
      'protocols-import-core',
      '^packages/protocols/src/',
      [packageTo('sdk', 'core'), builtin, npm],
      'Protocol code knows no trigger and no configuration.',
    ),
    ...only(
      'processor-knows-no-kind',
      '^packages/processor/src/',
      [packageTo('sdk', 'core'), builtin, npm],
      'The processor is given a catalogue of kinds.',
    ),
    ...only(
      'connectors-import-protocols',
      '^packages/connectors/src/',
      [packageTo('sdk', 'core', 'protocols'), builtin, npm],
      'Triggers, sinks and bindings stand on core, sdk and protocols.',
    ),
    ...only(
      'runtimes-import-protocols',
      '^packages/runtimes/src/',
      [packageTo('sdk', 'core', 'protocols'), builtin, npm],
      'Runtimes stand on core, sdk and protocols.',
    ),
    ...only(
      'testkit-imports-protocols',
      '^packages/testkit/src/',
      [packageTo('sdk', 'core', 'protocols'), builtin, npm],
      'The contract suites know contracts, not kinds.',
    ),
    ...only(
      'cli-joins-all',
      '^packages/cli/(src|bin)/',
      [packageTo('sdk', 'core', 'protocols', 'processor', 'connectors', 'runtimes'), builtin, npm],
      'The command joins kinds and processor.',
    ),
    {
      name: 'tests-of-a-package-stay-below-it',
      comment: 'Tests that need the whole are in e2e/.',
      severity: 'error',
      from: { path: '^packages/(sdk|core|protocols|processor|connectors|runtimes|testkit)/src/.*\\.test\\.ts$' },
      to: { path: packageTo('cli') },
    },
    kind(
      'kinds-do-not-import-kinds',
      'connectors/src/(?:triggers|sinks|bindings)',
      'connectors/src',
      'A kind is one folder.',
    ),
    kind('runtimes-do-not-import-runtimes', 'runtimes/src', 'runtimes/src', 'A runtime is one folder.'),
    {
      name: 'packages-by-their-entry',
      comment: 'Another package is imported by its name, never by a path into it.',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^packages/', pathNot: ['^packages/$1/', ...entries] },
    },
    {
      name: 'only-tests-import-testkit',
      comment: 'The testkit is private and never published.',
      severity: 'error',
      from: { pathNot: [test, '^packages/testkit/', '^e2e/', '^bench/'] },
      to: { path: packageTo('testkit') },
    },
    {
      name: 'nobody-imports-tests',
      comment: 'What two tests need is equipment: the testkit.',
      severity: 'error',
      from: {},
      to: { path: test },
    },
    {
      name: 'examples-import-the-sdk',
      comment: 'Examples show what users can write.',
      severity: 'error',
      from: { path: ['^examples/', '/example/'] },
      to: { path: '^(packages|scripts|bench|soak|e2e)/', pathNot: [packageTo('sdk'), '/example/'] },
    },
    {
      name: 'packages-stand-alone',
      comment: 'Published code does not reach into the repository around it.',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^(scripts|bench|soak|e2e|examples)/', pathNot: peers },
    },
    {
      name: 'only-tests-ask-for-peers',
      comment: 'The peers that tests use are no part of what is published.',
      severity: 'error',
      from: { path: '^packages/', pathNot: test },
      to: { path: peers },
    },
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['/dist/', '/fixtures/'] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['pelton-source', 'import', 'node', 'default'],
      extensions: ['.ts', '.js', '.cjs', '.mjs', '.json'],
    },
  },
}
