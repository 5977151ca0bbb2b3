import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createTempFolder, waitUntil, within } from '@pelton/testkit'
import { runPelton } from '../pelton-process.ts'
import { type Answer, type ServedFunction, serve, serveSuite } from './serve-function.ts'

type Served = () => ServedFunction

const set = (key: string, value: string): string[] => ['--set', `${key}=${value}`]
const setBatch = (key: string, value: string): string[] => set(`spec.triggers.http.batch.${key}`, value)

/** Posts all bodies at once. */
const askAll = (served: ServedFunction, bodies: string[]): Promise<Answer[]> =>
  within('answers', Promise.all(bodies.map((body) => served.ask(body))), 20_000)

const times = (count: number, body = 'x'): string[] => Array.from({ length: count }, () => body)
const batchOf = ({ text }: Answer): number => (JSON.parse(text) as { batch: number }).batch
const idOf = ({ headers }: Answer): string => headers.get('x-pelton-event-id') ?? ''
const gathered = (served: ServedFunction, count: number): Promise<boolean> =>
  waitUntil(`${count} events gathered`, async () => (await served.metric('pelton_events_waiting')) === count)

function describeBatches(served: Served): void {
  test('a full batch leaves at once: 20 requests are two batches, and each has its own answer', async () => {
    const bodies = times(20).map((_, at) => `body ${at}`)
    const answers = await askAll(served(), bodies)
    assert.deepEqual(
      answers.map(({ status, text }) => [status, text]),
      bodies.map((body) => [201, JSON.stringify({ batch: 10, body })]),
    )
  })

  test('workers run batches side by side', async () => {
    const before = served().pelton.lines().length
    const answers = await askAll(served(), times(20, 'hold'))
    assert.ok(answers.every((answer) => batchOf(answer) === 10))
    const held = (): string[] => {
      const messages = served()
        .pelton.lines()
        .slice(before)
        .map((line) => line.message)
      return messages.filter((message) => message === 'holding' || message === 'let go')
    }
    await waitUntil('both batches in the log', () => held().length === 4)
    assert.deepEqual(held(), ['holding', 'holding', 'let go', 'let go'])
  })

  test('an event of a batch without a response is a 500 for its caller alone', async () => {
    const answers = await askAll(served(), ['leave out', ...times(8), 'leave out'])
    assert.deepEqual(
      answers.map(({ status }) => status),
      [500, ...times(8).map(() => 201), 500],
    )
    const record = await served().logged({ message: 'result_missing' })
    const ids = [idOf(answers[0]!), idOf(answers[9]!)]
    assert.deepEqual((record['event_ids'] as string[]).toSorted(), ids.toSorted())
  })

  test('a handler that throws is a 500 for each, and each finds its id in the log', async () => {
    const answers = await askAll(served(), ['throw', ...times(9)])
    assert.ok(answers.every(({ status }) => status === 500))
    const ids = new Set(answers.map(idOf))
    assert.equal(ids.size, 10)
    const record = await served().logged({ message: 'handler_failed' })
    assert.deepEqual(new Set(record['event_ids'] as string[]), ids)
    assert.match(JSON.stringify(record['error']), /some error/)
    assert.ok(answers.every(({ text }) => !text.includes('some error')))
  })

  test('a promise in the list that rejects is a 500 for its own event', async () => {
    const answers = await askAll(served(), ['reject', ...times(9)])
    assert.deepEqual(
      answers.map(({ status }) => status),
      [500, ...times(9).map(() => 200)],
    )
  })

  test('a caller that leaves while its event is gathered takes it out', async () => {
    const leaving = new AbortController()
    const left = fetch(served().url, { method: 'POST', body: 'left', signal: leaving.signal })
    await gathered(served(), 1)
    leaving.abort()
    await assert.rejects(left)
    await gathered(served(), 0)
    const answers = await askAll(served(), times(10))
    assert.ok(answers.every((answer) => batchOf(answer) === 10))
  })

  test('a caller that leaves while its batch runs aborts its own signal, and the others are answered', async () => {
    const leaving = new AbortController()
    const left = fetch(served().url, { method: 'POST', body: 'left', signal: leaving.signal })
    const others = askAll(served(), times(9, 'wait'))
    await served().pelton.line('waiting')
    leaving.abort()
    await assert.rejects(left)
    assert.ok((await others).every((answer) => batchOf(answer) === 10))
    assert.deepEqual((await served().logged({ message: 'left' }))['aborted'], ['left'])
  })

  for (const [way, what] of [
    ['fault', 'an uncaught fault'],
    ['exit', 'the end of its worker'],
  ] as const) {
    test(`${what} is a 500 for each event of the batch, and for no other`, async () => {
      const restarts = await served().metric('pelton_worker_restarts_total')
      const before = served().pelton.lines().length
      const others = askAll(served(), times(10, 'hold'))
      await served().pelton.line('holding', before)
      const answers = await askAll(served(), [way, ...times(9)])
      assert.ok(answers.every(({ status }) => status === 500))
      assert.ok((await others).every(({ status }) => status === 201))
      await waitUntil('the replacement', async () => {
        const ready = (await served().metric('pelton_workers_ready')) === 2
        return ready && (await served().metric('pelton_worker_restarts_total')) === restarts + 1
      })
      assert.ok((await askAll(served(), times(10))).every(({ status }) => status === 201))
    })
  }

  test('every event is counted', async () => {
    const before = await served().counts('http')
    await askAll(served(), times(10))
    await askAll(served(), ['throw', ...times(9)])
    const { success, failure } = await served().counts('http')
    assert.deepEqual([success - before.success, failure - before.failure], [10, 10])
  })
}

for (const isolation of ['thread', 'process']) {
  describe(`batches in a ${isolation}`, () => {
    describeBatches(serveSuite('batching', { args: set('spec.isolation', isolation) }))
  })
}

test('a batch that does not fill leaves after its timeout', async (t) => {
  const served = await serve(t, 'batching', { args: setBatch('timeout', '300ms') })
  const begun = performance.now()
  const answers = await askAll(served, times(3))
  assert.ok(performance.now() - begun >= 295)
  assert.deepEqual(answers.map(batchOf), [3, 3, 3])
})

test('each event of a batch that is over its time is a 408, and its signal says so', async (t) => {
  const served = await serve(t, 'batching', {
    args: [...setBatch('batchSize', '3'), ...set('spec.eventTimeout', '500ms')],
  })
  const answers = await askAll(served, ['sleep', 'x', 'x'])
  assert.deepEqual(
    answers.map(({ status }) => status),
    [408, 408, 408],
  )
  assert.equal(new Set(answers.map(idOf)).size, 3)
  assert.equal((await served.logged({ message: 'over' }))['reason'], 'TimeoutError')
  assert.ok((await askAll(served, times(3))).every(({ status }) => status === 201))
  assert.equal(await served.metric('pelton_worker_restarts_total'), 0)
})

test('what is gathered at the end of the function is handled', async (t) => {
  const served = await serve(t, 'batching')
  const answers = askAll(served, times(3))
  await gathered(served, 3)
  served.pelton.child.kill('SIGTERM')
  assert.deepEqual((await answers).map(batchOf), [3, 3, 3])
  assert.equal((await served.pelton.ended).code, 0)
})

describe('batches in a nuclio file', () => {
  const served = serveSuite('batching', { path: 'nuclio.yaml' })

  test('8.2 row 19: two posts one after the other, with batches of 2 and a timeout of 1 ms, are both answered', async () => {
    for (const body of ['hello-0', 'hello-1']) {
      const { status, text } = await served().ask(body)
      assert.deepEqual([status, text], [200, 'Response to in-batch event'])
    }
  })

  test('an event of a batch without a response is an empty 200', async () => {
    const [left, other] = await askAll(served(), ['leave out', 'x'])
    assert.deepEqual([left?.status, left?.text], [200, ''])
    assert.deepEqual([other?.status, other?.text], [200, 'Response to in-batch event'])
  })
})

const faulty: [what: string, spec: string, message: RegExp][] = [
  [
    'a runtime without batches',
    `runtime: shell
  handler: cat
  triggers:
    web: { kind: http, batch: { mode: enable } }`,
    /function\.yaml:8.*triggers\.web\.batch\.mode.*shell takes no batches/,
  ],
  [
    'triggers that share workers but not batching',
    `runtime: nodejs
  triggers:
    one: { kind: http, workerAllocatorName: pool, batch: { mode: enable } }
    two: { kind: http, workerAllocatorName: pool }`,
    /function\.yaml:8.*one\\?" takes batches and \\?"two\\?" does not/,
  ],
  [
    'a size that is none',
    `runtime: nodejs
  triggers:
    web: { kind: http, batch: { mode: enable, batchSize: 0 } }`,
    /function\.yaml:7.*batchSize/,
  ],
]

for (const [what, spec, message] of faulty) {
  test(`${what}: a configuration error with its line`, async (t) => {
    const header = 'apiVersion: pelton/v1\nkind: Function\nmetadata: { name: bad }\n'
    const cwd = await createTempFolder(t, {
      'handler.mjs': 'export const handler = () => []\n',
      'function.yaml': `${header}spec:\n  ${spec}\n`,
    })
    const { code, stdout, stderr } = await runPelton(['run', '.'], { cwd })
    assert.equal(code, 1)
    assert.match(stdout + stderr, message)
  })
}
