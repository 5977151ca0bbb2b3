import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createTempFolder, findFreePort, waitUntil } from '@pelton/testkit'
import { startPelton } from '../pelton-process.ts'
import { type ServedFunction, serve, serveSuite } from './serve-function.ts'

const nuclio = (spec: string): string => `apiVersion: nuclio.io/v1
kind: NuclioFunction
metadata: { name: old }
spec:
  runtime: nodejs
  triggers: { http: { kind: http, url: 127.0.0.1:0 } }
${spec}`

describe('8.10: functions for Node.js', () => {
  test('row 62: a handler that is exported late is found', async (t) => {
    const served = await serve(t, {
      'function.yaml': nuclio('  handler: main:handler\n'),
      'main.js': "setTimeout(() => { exports.handler = (context) => context.callback('late') }, 600)\n",
    })
    assert.equal((await served.ask('')).text, 'late')
  })

  test('rows 66 and 68: initContext sets user data, and a body of 10 gives 20', async (t) => {
    const served = await serve(t, {
      'function.yaml': nuclio('  handler: main:double\n'),
      'main.js': `exports.initContext = async (context) => {
  await new Promise((resolve) => setTimeout(resolve, 50))
  context.userData.factor = 2
}
exports.double = (context, event) => context.callback(String(Number(event.body) * context.userData.factor))
`,
    })
    assert.equal((await served.ask('10')).text, '20')
  })

  for (const [what, runs] of [
    [
      'one event at a time',
      {
        concurrency: 1,
        answer: 'exports.handler = (context, event) => { setImmediate(() => context.callback(event.body)) }',
      },
    ],
    [
      'many events at a time',
      {
        concurrency: 64,
        answer: 'exports.handler = async (context, event) => { await new Promise(setImmediate); return event.body }',
      },
    ],
  ] as const) {
    test(`row 65: 1,000 requests at once are answered each with its own, ${what}`, async (t) => {
      const served = await serve(
        t,
        { 'function.yaml': nuclio('  handler: main:handler\n'), 'main.js': `${runs.answer}\n` },
        { args: ['--set', `spec.triggers.http.concurrency=${runs.concurrency}`] },
      )
      const bodies = Array.from({ length: 1000 }, (_, index) => `body ${index}`)
      const answers = await Promise.all(bodies.map((body) => served.ask(body)))
      assert.deepEqual(
        answers.map(({ status, text }) => `${status} ${text}`),
        bodies.map((body) => `200 ${body}`),
      )
      assert.deepEqual(await served.counts('http'), { success: 1000, failure: 0 })
      assert.doesNotMatch(served.pelton.stderr(), /MaxListenersExceeded/)
    })
  }
})

const reversed = `exports.handler = (context, event) => {
  context.callback(event.headers['Content-Type'] === 'application/json' ? JSON.parse(event.body).return_this : 'no json')
}
`
const askForIt = async (served: ServedFunction): Promise<string> => {
  const headers = { 'content-type': 'application/json' }
  return (await served.ask('{"a":100,"return_this":"returned value"}', { headers })).text
}

describe('8.16: configuration and life', () => {
  test('row 106: a function.yaml in the folder and a block in the source are the same', async (t) => {
    const inFolder = await serve(t, { 'function.yaml': nuclio('  handler: main:handler\n'), 'main.js': reversed })
    assert.equal(await askForIt(inFolder), 'returned value')
    const block = nuclio('  handler: main:handler\n')
      .trimEnd()
      .split('\n')
      .map((line) => `//   ${line}`)
    const inline = `// @nuclio.configure\n//\n// function.yaml:\n${block.join('\n')}\n\n${reversed}`
    const inSource = await serve(t, { 'main.js': inline }, { path: 'main.js' })
    assert.equal((await inSource.logged({ message: 'function_started' }))['function'], 'old')
    assert.equal(await askForIt(inSource), 'returned value')
  })

  test('row 108: a handler name is an export, or a module and its export', async (t) => {
    const cases = [
      { handler: 'handler', file: 'handler.js', name: 'handler' },
      { handler: 'main:greet', file: 'main.js', name: 'greet' },
      { handler: 'lib/main.js:greet', file: 'lib/main.js', name: 'greet' },
    ]
    for (const { handler, file, name } of cases) {
      const served = await serve(t, {
        'function.yaml': nuclio(`  handler: ${handler}\n`),
        [file]: `exports.${name} = (context) => context.callback('${handler}')\n`,
      })
      assert.equal((await served.ask('')).text, handler)
    }
  })

  test('row 102: a function that loads slowly is not ready until then, and answers afterwards', async (t) => {
    const health = `127.0.0.1:${await findFreePort()}`
    const folder = await createTempFolder(t, {
      'platform.yaml': `webAdmin: { listenAddress: "127.0.0.1:0" }\nhealthCheck: { listenAddress: "${health}" }\n`,
      'main.mjs': `console.log('loading')
await new Promise((resolve) => setTimeout(resolve, 1500))
export const handler = () => 'Good morning'
`,
    })
    const args = ['run', 'main.mjs', '--port', '0', '--platform-config', 'platform.yaml', '--log-format', 'json']
    const pelton = startPelton(args, { cwd: folder })
    t.after(() => pelton.stop())
    await pelton.line('loading')
    const status = (path: string): Promise<number | undefined> =>
      fetch(`http://${health}${path}`).then(
        (response) => response.status,
        () => undefined,
      )
    await waitUntil('the health listener', async () => (await status('/live')) === 200)
    assert.equal(await status('/ready'), 503)
    assert.ok(!pelton.lines().some((line) => line.message === 'trigger_started'))
    const response = await fetch(await pelton.url(), { method: 'POST', body: '' })
    assert.equal(await response.text(), 'Good morning')
    assert.equal(await status('/ready'), 200)
  })
})

describe('8.16: stress', () => {
  const served = serveSuite({
    'function.yaml': nuclio('  handler: main:handler\n'),
    'main.js': 'exports.handler = async (context, event) => { await null; return event.body }\n',
  })

  test('row 109: 32 callers with 5 requests a second each for 3 s succeed in at least 95 of 100', async () => {
    const callers = Array.from({ length: 32 }, async (_, caller) => {
      let succeeded = 0
      const begun = performance.now()
      for (let call = 0; call < 15; call += 1) {
        const waitMs = begun + call * 200 - performance.now()
        if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
        const body = `${caller} ${call}`
        const answer = await served()
          .ask(body)
          .catch(() => undefined)
        if (answer?.status === 200 && answer.text === body) succeeded += 1
      }
      return succeeded
    })
    const succeeded = (await Promise.all(callers)).reduce((sum, one) => sum + one, 0)
    assert.ok(succeeded >= 0.95 * 32 * 15, `${succeeded} of ${32 * 15}`)
  })
})
