import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTempFolder, holdPort } from '@pelton/testkit'
import { runPelton } from '../pelton-process.ts'
import { serve } from './serve-function.ts'

const header = (name: string): string => `apiVersion: pelton/v1\nkind: Function\nmetadata: { name: ${name} }\n`
const good = { 'handler.mjs': 'export const handler = () => "good"\n' }

test('every fault of a file is named at once, with its line, what was expected and the nearest known key', async (t) => {
  const cwd = await createTempFolder(t, {
    ...good,
    'function.yaml': `${header('bad')}spec:
  runtime: nodejs
  handlr: handler.mjs
  eventTimeout: soon
  isolation: container
  triggers:
    web:
      kind: htpp
    api:
      kind: http
      numWorkers: many
      atributes: {}
      attributes:
        maxRequestBodySize: large
        cors: { enabled: maybe, allowOrigin: [a] }
`,
  })
  for (const command of ['validate', 'run']) {
    const { code, stdout, stderr } = await runPelton([command, '.'], { cwd })
    const text = stdout + stderr
    assert.equal(code, 1, text)
    for (const pattern of [
      /function\.yaml:6.*handlr.*did you mean handler\?/,
      /function\.yaml:7.*eventTimeout.*soon/,
      /function\.yaml:8.*isolation.*container/,
      /function\.yaml:11.*web\.kind.*htpp.*did you mean http\?/,
      /function\.yaml:14.*numWorkers.*many/,
      /function\.yaml:15.*atributes.*did you mean attributes\?/,
      /function\.yaml:17.*maxRequestBodySize.*large/,
      /function\.yaml:18.*enabled.*maybe/,
      /function\.yaml:18.*allowOrigin.*did you mean allowOrigins\?/,
    ])
      assert.match(text, pattern)
    assert.doesNotMatch(text, /\n\s+at /)
  }
})

const starts: [what: string, files: Record<string, string>, message: RegExp][] = [
  ['YAML that is none', { 'function.yaml': `${header('x')}spec: { runtime: nodejs\n` }, /function\.yaml:\d/],
  ['a file that is no map', { 'function.yaml': '- a\n- b\n' }, /function\.yaml/],
  ['an unknown runtime', { 'function.yaml': `${header('x')}spec: { runtime: cobol }\n` }, /function\.yaml:4.*cobol/],
  [
    'a handler file that is missing',
    { 'function.yaml': `${header('x')}spec: { runtime: nodejs, handler: gone.mjs }\n` },
    /gone\.mjs/,
  ],
  [
    'an export that is missing',
    { 'function.yaml': `${header('x')}spec: { runtime: nodejs, handler: "handler.mjs:nowhere" }\n`, ...good },
    /nowhere/,
  ],
  [
    'a handler that throws at import',
    { 'handler.mjs': "throw new Error('at import')\n" },
    /handler\.mjs:1.*at import|at import/,
  ],
  ['a handler that ends its process', { 'handler.mjs': 'process.exit(0)\n' }, /before it was ready/],
  ['a handler with a syntax error', { 'handler.mjs': 'export const handler = (\n' }, /handler\.mjs:\d/],
  [
    'an initContext that throws',
    {
      'handler.mjs':
        "export const handler = () => 1\nexport const initContext = () => { throw new Error('no base') }\n",
    },
    /initContext.*no base/,
  ],
  [
    'an initContext that rejects',
    {
      'handler.mjs':
        "export const handler = () => 1\nexport const initContext = async () => { throw new Error('no base yet') }\n",
    },
    /initContext.*no base yet/,
  ],
  [
    'two catch-alls on one port',
    {
      'function.yaml': `${header('x')}spec:
  runtime: nodejs
  handler: handler.mjs
  triggers:
    one: { kind: http, url: "127.0.0.1:18999" }
    two: { kind: http, attributes: { port: 18999 } }
`,
      ...good,
    },
    /one.*two.*18999/,
  ],
]

for (const [name, files, message] of starts) {
  test(`${name} stops the start with exit 1 and one message without a stack`, async (t) => {
    const cwd = await createTempFolder(t, files)
    const what = 'function.yaml' in files ? ['.'] : ['handler.mjs', '--port', '0']
    const { code, stdout, stderr } = await runPelton(['run', ...what, '--log-format', 'pretty'], { cwd })
    assert.deepEqual([code, stdout], [1, ''], stderr)
    const report = stderr.slice(stderr.search(/^error /m))
    assert.match(report, message)
    assert.doesNotMatch(report, /\n\s+at /)
  })
}

test('a configured port that is taken stops the start: of the trigger, of admin, of health', async (t) => {
  const { port, release } = await holdPort()
  t.after(release)
  const cwd = await createTempFolder(t, {
    ...good,
    'web.yaml': `${header('x')}spec: { handler: handler.mjs, triggers: { web: { kind: http, url: "127.0.0.1:${port}" } } }\n`,
    'admin.yaml': `webAdmin: { listenAddress: "127.0.0.1:${port}" }\n`,
    'health.yaml': `healthCheck: { listenAddress: "127.0.0.1:${port}" }\n`,
  })
  for (const args of [
    ['web.yaml'],
    ['handler.mjs', '--port', '0', '--platform-config', 'admin.yaml'],
    ['handler.mjs', '--port', '0', '--platform-config', 'health.yaml'],
  ]) {
    const { code, stderr } = await runPelton(['run', ...args], { cwd })
    assert.equal(code, 1, stderr)
    assert.match(stderr, new RegExp(`${port}.*taken`))
  }
})

test('in a nuclio file unknown keys are warnings, an unknown kind of trigger is not; validate refuses both', async (t) => {
  const files = (kind: string): Record<string, string> => ({
    'handler.js': "exports.handler = (context) => context.callback('ok')\n",
    'function.yaml': `apiVersion: nuclio.io/v1
kind: NuclioFunction
metadata: { name: old }
spec:
  runtime: nodejs
  handler: handler:handler
  scaleToZeroish: true
  triggers:
    web: { kind: ${kind}, url: 127.0.0.1:0, unknownKey: 1 }
`,
  })
  const served = await serve(t, files('http'))
  assert.equal((await served.ask('x')).text, 'ok')
  for (const key of ['scaleToZeroish', 'unknownKey']) assert.match(served.pelton.stderr(), new RegExp(key))
  const cwd = await createTempFolder(t, { ...files('http'), ...prefixed('bad', files('https')) })
  assert.notEqual((await runPelton(['validate', '.'], { cwd })).code, 0)
  const bad = await runPelton(['run', 'bad'], { cwd })
  assert.equal(bad.code, 1)
  assert.match(bad.stderr, /function\.yaml:9.*https.*did you mean http\?/)
})

function prefixed(folder: string, files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]))
}

test('8.16 rows 107 and 108: a broken inline block and a handler of three parts stop the start', async (t) => {
  const cwd = await createTempFolder(t, {
    'inline.js': '// @nuclio.configure\n//\n// function.yaml:\n//   spec: { handler: [\n\nexports.handler = () => 1\n',
    'parts/function.yaml': `${header('x')}spec: { runtime: nodejs, handler: "module:wat:handler" }\n`,
  })
  const inline = await runPelton(['run', 'inline.js', '--port', '0'], { cwd })
  assert.equal(inline.code, 1)
  assert.match(inline.stderr, /inline\.js:\d/)
  const parts = await runPelton(['run', 'parts', '--port', '0'], { cwd })
  assert.equal(parts.code, 1)
  assert.match(parts.stderr, /parts.function\.yaml:4 spec\.handler: .*one colon/)
})
