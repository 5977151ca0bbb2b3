import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type TestSpec, startHost } from './fixtures/start-host.ts'

const esm = '{"type":"module"}'
const cjs = '{"type":"commonjs"}'

/** What a function of these files answers to one event. */
async function answerOf(files: Record<string, string>, spec: TestSpec = {}): Promise<string | undefined> {
  const host = await startHost(files, spec)
  try {
    const seen = await host.handle('in').done
    assert.equal(seen.status, 'handled', JSON.stringify(seen.error ?? host.logs))
    return seen.body
  } finally {
    await host.stop()
  }
}

const runs: [name: string, files: Record<string, string>, spec?: TestSpec][] = [
  ['TypeScript without package.json', { 'handler.ts': `const a: string = 'ok'\nexport const handler = () => a` }],
  ['TypeScript modules with .mts', { 'index.mts': `export default (): string => 'ok'` }],
  ['TypeScript CommonJS with .cts', { 'main.cts': `const a: string = 'ok'; exports.handler = () => a` }],
  ['a TypeScript file of CommonJS syntax', { 'handler.ts': `exports.handler = (_: unknown): string => 'ok'` }],
  ['the same under type module', { 'handler.ts': `exports.handler = (): string => 'ok'`, 'package.json': esm }],
  ['exports.handler under type module', { 'handler.js': `exports.handler = () => 'ok'`, 'package.json': esm }],
  ['module.exports = function under type module', { 'handler.js': `module.exports = () => 'ok'`, 'package.json': esm }],
  ['export under type commonjs', { 'handler.js': `export const handler = () => 'ok'`, 'package.json': cjs }],
  ['export without any type', { 'handler.js': `export function handler() { return 'ok' }` }],
  [
    'top-level await without any type',
    { 'handler.js': `const a = await Promise.resolve('ok'); export const handler = () => a` },
  ],
  ['enums', { 'handler.ts': `enum E { A = 'ok' }\nexport const handler = () => E.A` }],
  ['namespaces', { 'handler.ts': `namespace N { export const a = 'ok' }\nexport const handler = () => N.a` }],
  [
    'parameter properties',
    { 'handler.ts': `class C { constructor(public a: string) {} }\nexport const handler = () => new C('ok').a` },
  ],
  ['old type assertions', { 'handler.ts': `export const handler = () => <string>'ok'` }],
  [
    'imports without ending',
    {
      'handler.ts': `import { a } from './lib'\nexport const handler = () => a`,
      'lib.ts': `export const a: string = 'ok'`,
    },
  ],
  [
    'imports of .js that mean .ts',
    {
      'handler.ts': `import { a } from './lib.js'\nexport const handler = () => a`,
      'lib.ts': `export const a: string = 'ok'`,
    },
  ],
  [
    'imports of a folder',
    {
      'handler.ts': `import { a } from './lib'\nexport const handler = () => a`,
      'lib/index.ts': `export const a: string = 'ok'`,
    },
  ],
  [
    'imports without ending in plain JavaScript',
    { 'handler.mjs': `import { a } from './lib'\nexport const handler = () => a`, 'lib.mjs': `export const a = 'ok'` },
  ],
  [
    'require of TypeScript',
    {
      'handler.js': `const { a } = require('./lib'); exports.handler = () => a`,
      'lib.ts': `const a: string = 'ok'; exports.a = a`,
    },
  ],
  [
    'require of a TypeScript module',
    {
      'handler.js': `const { a } = require('./lib.ts'); exports.handler = () => a`,
      'lib.ts': `export const a: string = 'ok'`,
    },
  ],
  [
    'named imports from misnamed CommonJS',
    {
      'handler.mjs': `import { a } from './lib.js'\nexport const handler = () => a`,
      'lib.js': `exports.a = 'ok'; module.exports.b = 2`,
      'package.json': esm,
    },
  ],
  [
    'the names of module.exports = { … }',
    {
      'handler.mjs': `import { a, c } from './lib.js'\nexport const handler = () => a + c`,
      'lib.js': `const a = 'o'; module.exports = { a, b: 1, c: 'k' }`,
      'package.json': esm,
    },
  ],
  [
    'type-only names imported as values',
    {
      'handler.ts': `import { Event, Context } from '@pelton/sdk'\nimport { T, a } from './lib'\nexport const handler = (c: Context, e: Event): T => a`,
      'lib.ts': `export type T = string\nexport const a = 'ok'`,
    },
  ],
  [
    'the sdk and its parts without installing it',
    {
      'handler.ts': `import { respond, type Event } from '@pelton/sdk'\nimport { drawBoxes } from '@pelton/sdk/draw-boxes'\nexport const handler = (_: unknown, e: Event) => respond(drawBoxes.length === 2 ? 'ok' : '')`,
    },
  ],
  [
    'paths of tsconfig.json',
    {
      'src/handler.ts': `import { a } from '@/deep/lib'\nexport const handler = () => a`,
      'src/deep/lib.ts': `export const a = 'ok'`,
      'tsconfig.json': `{ // here\n "compilerOptions": { "paths": { "@/*": ["./src/*"], }, } }`,
    },
    { handler: 'src/handler:handler' },
  ],
  [
    'baseUrl of an extended tsconfig.json',
    {
      'handler.ts': `import { a } from 'lib/a'\nexport const handler = () => a`,
      'src/lib/a.ts': `export const a = 'ok'`,
      'tsconfig.json': `{"extends": "./conf/base"}`,
      'conf/base.json': `{"compilerOptions":{"baseUrl":"../src"}}`,
    },
  ],
  [
    'JSON imported without saying so',
    { 'handler.ts': `import data from './data.json'\nexport const handler = () => data.a`, 'data.json': '{"a":"ok"}' },
  ],
  [
    'JSON imported with its type',
    {
      'handler.ts': `import data from './data.json' with { type: 'json' }\nexport const handler = () => data.a`,
      'data.json': '{"a":"ok"}',
    },
  ],
  ['required JSON', { 'handler.js': `exports.handler = () => require('./data').a`, 'data.json': '{"a":"ok"}' }],
  [
    'packages of the function',
    {
      'handler.ts': `import { a } from 'dep'\nexport const handler = () => a`,
      'node_modules/dep/package.json': '{"type":"module","exports":"./x.js"}',
      'node_modules/dep/x.js': `export const a = 'ok'`,
    },
  ],
  ['an export named in the setting', { 'app.ts': `export const main = () => 'ok'` }, { handler: 'app:main' }],
  ['a file named in the setting', { 'src/app.ts': `export const handler = () => 'ok'` }, { handler: './src/app.ts' }],
  [
    'a file and export named in the setting',
    { 'src/app.ts': `export const main = () => 'ok'` },
    { handler: './src/app.ts:main' },
  ],
  ['one word that is the file', { 'hello.js': `exports.handler = () => 'ok'` }, { handler: 'hello' }],
  ['one word that is the export', { 'handler.js': `exports.other = () => 'ok'` }, { handler: 'other' }],
  ['a default export that holds the handler', { 'handler.mjs': `export default { handler: () => 'ok' }` }],
  [
    'a compiled ES module',
    { 'handler.js': `Object.defineProperty(exports, '__esModule', { value: true }); exports.default = () => 'ok'` },
  ],
  [
    'a file name with spaces and signs',
    { 'my handler#1.ts': `export const handler = () => 'ok'` },
    { handler: 'my handler#1.ts' },
  ],
  [
    'dirname and require in misnamed CommonJS',
    {
      'handler.js': `const p = require('node:path'); exports.handler = () => p.basename(__filename) === 'handler.js' && require.cache[__filename] === module ? 'ok' : 'no'`,
      'package.json': esm,
    },
  ],
]

for (const [name, files, spec] of runs) {
  test(`runs ${name}`, async () => assert.equal(await answerOf(files, spec), 'ok'))
}

interface Told {
  code: string
  message: RegExp
}

const fails: [name: string, files: Record<string, string>, told: Told, spec?: TestSpec][] = [
  ['a missing file', {}, { code: 'handler_file_missing', message: /tried handler\.ts.*main\.cjs/ }],
  [
    'a missing named file',
    { 'handler.ts': '' },
    { code: 'handler_file_missing', message: /tried app\.ts, .*app\/index\.ts/ },
    { handler: 'app:handler' },
  ],
  [
    'a setting with two colons',
    { 'handler.ts': '' },
    { code: 'handler_name_invalid', message: /"a:b:c"/ },
    { handler: 'a:b:c' },
  ],
  [
    'a missing export',
    { 'handler.ts': `export const hendler = () => 1; export const other = 2` },
    {
      code: 'handler_export_missing',
      message: /^handler\.ts exports no function "handler": it exports hendler, other$/,
    },
  ],
  [
    'a missing export of CommonJS',
    { 'handler.js': `exports.x = 1` },
    { code: 'handler_export_missing', message: /no function "main": it exports x$/ },
    { handler: 'main' },
  ],
  [
    'a syntax error in TypeScript',
    { 'handler.ts': `const a = 1\nconst b: = 2` },
    { code: 'handler_syntax_error', message: /^handler\.ts:2:\d+: .*\n {2}const b: = 2$/ },
  ],
  [
    'a syntax error in a module',
    { 'handler.mjs': `export const a = 1\nconst b = = 2` },
    { code: 'handler_syntax_error', message: /^handler\.mjs:2:\d+: Unexpected token '='\n {2}const b = = 2$/ },
  ],
  [
    'a syntax error in CommonJS',
    { 'handler.cjs': `exports.a = 1\nconst b = = 2` },
    { code: 'handler_syntax_error', message: /^handler\.cjs:2:11: Unexpected token '='\n {2}const b = = 2$/ },
  ],
  [
    'a syntax error in an imported file',
    { 'handler.ts': `import './lib.mjs'`, 'lib.mjs': `export const b = = 2` },
    { code: 'handler_syntax_error', message: /^lib\.mjs:1:\d+: / },
  ],
  [
    'a name that is not exported',
    { 'handler.mjs': `import { x } from './lib.mjs'\nx()`, 'lib.mjs': '' },
    { code: 'handler_syntax_error', message: /^handler\.mjs:1:\d+: .*does not provide an export named 'x'/ },
  ],
  [
    'JSX',
    { 'handler.ts': `const a = 1\nexport const handler = () => <div>hi</div>` },
    { code: 'handler_syntax_unsupported', message: /^handler\.ts:2.*: JSX cannot run as it is; compile it/ },
  ],
  [
    'JSX in .tsx',
    { 'handler.tsx': `export const handler = () => <div/>` },
    { code: 'handler_syntax_unsupported', message: /^handler\.tsx:1.*: JSX/ },
    { handler: 'handler.tsx' },
  ],
  [
    'JSX in .jsx',
    { 'handler.jsx': `export const handler = () => <div/>` },
    { code: 'handler_syntax_unsupported', message: /^handler\.jsx:1.*: JSX/ },
    { handler: 'handler.jsx' },
  ],
  [
    'decorators',
    { 'handler.ts': `const d = () => {}\n@d class X {}\nexport const handler = () => 1` },
    { code: 'handler_syntax_unsupported', message: /^handler\.ts:2: a decorator cannot run/ },
  ],
  [
    'a package that is not installed',
    { 'handler.ts': `import 'left-pad'` },
    { code: 'handler_import_missing', message: /^handler\.ts imports "left-pad", which cannot be found$/ },
  ],
  [
    'a package that is not installed, required',
    { 'handler.js': `require('left-pad')` },
    { code: 'handler_import_missing', message: /^handler\.js imports "left-pad"/ },
  ],
  [
    'a file that is not there',
    { 'handler.ts': `import './lib/x.js'` },
    { code: 'handler_import_missing', message: /^handler\.ts imports ".\/lib\/x\.js"/ },
  ],
  [
    'an exception at import',
    { 'handler.ts': `throw new TypeError('boom')` },
    { code: 'handler_load_failed', message: /^handler\.ts failed while it was loaded: TypeError: boom$/ },
  ],
  ['anything thrown at import', { 'handler.mjs': `throw null` }, { code: 'handler_load_failed', message: /: null$/ }],
  [
    'JSON that does not parse at import',
    { 'handler.mjs': `JSON.parse('{')` },
    { code: 'handler_load_failed', message: /SyntaxError: Expected/ },
  ],
  [
    'initContext that throws',
    { 'handler.mjs': `export const handler = () => 1; export function initContext() { throw new Error('no db') }` },
    { code: 'init_context_failed', message: /^initContext of handler\.mjs failed: no db$/ },
  ],
  [
    'initContext that rejects',
    { 'handler.mjs': `export const handler = () => 1; handler.initContext = async () => { throw new Error('no db') }` },
    { code: 'init_context_failed', message: /no db$/ },
  ],
  [
    'a fault while loading',
    {
      'handler.mjs': `setTimeout(() => { throw new Error('late') }); await new Promise((r) => setTimeout(r, 5000)); export const handler = () => 1`,
    },
    { code: 'handler_load_failed', message: /late/ },
  ],
]

for (const [name, files, told, spec] of fails) {
  test(`names ${name}`, async () => {
    await assert.rejects(startHost(files, spec), {
      code: told.code,
      retryable: false,
      blame: 'user',
      message: told.message,
    })
  })
}

test('an exception at import is logged with the stack of the user', async () => {
  const error: unknown = await startHost({ 'handler.ts': `\nthrow new TypeError('boom')` }).catch(
    (reason: unknown) => reason,
  )
  const { logs } = error as { logs: { message: string; facts: { error: { stack: string } } }[] }
  assert.equal(logs[0]?.message, 'handler_load_failed')
  assert.match(logs[0].facts.error.stack, /handler\.ts:2:7/)
})

test('a handler exported late is found in nuclio files', async () => {
  const late = `setTimeout(() => { module.exports = { handler: (c) => c.callback('ok') } }, 300)`
  assert.equal(await answerOf({ 'handler.js': late }, { compat: 'nuclio', handler: 'handler' }), 'ok')
})

test('stacks of compiled TypeScript name the lines that the user wrote', async () => {
  const host = await startHost({
    'handler.ts': `enum E { A }\ninterface X { a: 1 }\n\nexport const handler = () => { throw new Error('here' + E.A) }`,
  })
  await host.handle().done
  const { error } = host.logs[0]!.facts as { error: { stack: string } }
  assert.match(error.stack, /handler\.ts:4:/)
  await host.stop()
})

test('a reload of the same source comes from the cache', async () => {
  const { mkdtemp, readdir, rm, writeFile, readFile } = await import('node:fs/promises')
  const { tmpdir } = await import('node:os')
  const { join } = await import('node:path')
  const home = await mkdtemp(join(tmpdir(), 'pelton-cache-'))
  const folder = await mkdtemp(join(tmpdir(), 'pelton-fn-'))
  await writeFile(join(folder, 'handler.ts'), `export const handler = (): string => 'written'`)
  const spec = { folder, env: { XDG_CACHE_HOME: home, PELTON_CACHE: 'on' } }
  assert.equal(await answerOf({}, spec), 'written')
  const [name = ''] = await readdir(join(home, 'pelton', 'transpiled'))
  const file = join(home, 'pelton', 'transpiled', name)
  await writeFile(file, (await readFile(file, 'utf8')).replace(/written(?='$)/, 'cached'))
  assert.equal(await answerOf({}, spec), 'cached')
  assert.equal(await answerOf({}, { ...spec, env: { ...spec.env, PELTON_CACHE: 'off' } }), 'written')
  await rm(home, { recursive: true })
  await rm(folder, { recursive: true })
})
