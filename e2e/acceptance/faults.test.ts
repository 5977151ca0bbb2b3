import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { waitUntil, within } from '@pelton/testkit'
import { type Answer, type ServedFunction, serveSuite } from './serve-function.ts'

type Served = () => ServedFunction

/** How many log lines there are of this message. */
const count = ({ pelton }: ServedFunction, message: string): number =>
  pelton.lines().filter((line) => line.message === message).length

/** Requests that run in both workers while something else happens. */
async function holdBoth(served: ServedFunction, how: string): Promise<Promise<Answer>[]> {
  const before = count(served, 'waiting')
  const running = [1, 2].map(() => served.ask(how))
  await waitUntil('both running', () => count(served, 'waiting') >= before + 2)
  return running
}

/** Both workers are ready, and those that they replaced are gone: nothing reaches these any more. */
const isAllReady = (served: ServedFunction): Promise<boolean> =>
  waitUntil('both workers being ready again', async () => {
    const replaced = count(served, 'worker_retired') + count(served, 'worker_stuck')
    return (await served.metric('pelton_workers_ready')) === 2 && count(served, 'worker_ended') === replaced
  })

/** The event of `way` fails alone; then everything is as before. */
async function failsAlone(
  served: ServedFunction,
  way: string,
  expected: { status: number; restarts: number },
): Promise<void> {
  await isAllReady(served)
  const restarts = await served.metric('pelton_worker_restarts_total')
  const others = await holdBoth(served, 'wait shortly')
  const answer = await within(way, served.ask(way), 8000)
  assert.equal(answer.status, expected.status)
  assert.match(answer.headers.get('x-pelton-event-id') ?? '', /^[0-9a-f-]{36}$/)
  for (const other of await Promise.all(others)) assert.equal(other.status, 200)
  await isAllReady(served)
  assert.equal((await served.metric('pelton_worker_restarts_total')) - restarts, expected.restarts)
  assert.equal((await served.ask('id')).status, 200)
}

/** The worker of `way` is lost: what it held fails with it, what the other one held is answered. */
async function losesItsWorker(served: ServedFunction, way: string): Promise<void> {
  await isAllReady(served)
  const restarts = await served.metric('pelton_worker_restarts_total')
  const others = await holdBoth(served, 'wait long')
  assert.equal((await within(way, served.ask(way), 8000)).status, 500)
  const statuses = (await Promise.all(others)).map((answer) => answer.status)
  assert.deepEqual(statuses.sort(), [200, 500])
  await isAllReady(served)
  assert.equal((await served.metric('pelton_worker_restarts_total')) - restarts, 1)
}

function describeAttributed(served: Served): void {
  for (const way of ['deep recursion', 'a thrown null', 'a rejected undefined'])
    test(`${way} is a 500, and the worker stays`, () => failsAlone(served(), way, { status: 500, restarts: 0 }))

  for (const way of [
    'an exception in a timer',
    'a rejection that nobody handles',
    'an error event that nobody hears',
    'recursion in a timer',
  ])
    test(`${way} is a 500 for its event, what runs beside it is answered, and its worker is replaced`, () =>
      failsAlone(served(), way, { status: 500, restarts: 1 }))
}

function describeMany(served: Served): void {
  test('among many requests at once only the faulty ones fail', async () => {
    const ways = ['id', 'wait shortly', 'an exception in a timer', 'id', 'deep recursion', 'wait shortly', 'id', 'id']
    const isFaulty = (way: string): boolean => way !== 'id' && way !== 'wait shortly'
    const asked = Array.from({ length: 80 }, (_, index) => ways[index % ways.length] ?? '')
    const answers = await Promise.all(asked.map((way) => served().ask(way)))
    assert.deepEqual(
      answers.map(({ status }) => status),
      asked.map((way) => (isFaulty(way) ? 500 : 200)),
    )
  })
}

describe('faults in threads', () => {
  const served = serveSuite('faults')
  describeAttributed(served)
  describeMany(served)

  for (const way of ['process.exit', 'process.exit in a timer'])
    test(`${way} ends that worker only`, () => losesItsWorker(served(), way))

  test('the function is the same process all the while, and live and ready', async () => {
    const { health, pelton } = served()
    assert.equal(pelton.child.exitCode, null)
    await isAllReady(served())
    for (const path of ['/live', '/ready']) assert.equal((await fetch(health + path)).status, 200)
  })
})

describe('faults in threads, with a time limit', () => {
  const served = serveSuite('faults', { args: ['--set', 'spec.eventTimeout=1s'] })

  test('an endless loop is a 408, like what it holds up, and its worker is replaced', async () => {
    const others = await holdBoth(served(), 'wait long')
    assert.equal((await served().ask('an endless loop')).status, 408)
    const statuses = (await Promise.all(others)).map((answer) => answer.status)
    assert.deepEqual(statuses.sort(), [200, 408])
    await waitUntil(
      'the replacement being counted',
      async () => (await served().metric('pelton_worker_restarts_total', { reason: 'stuck' })) === 1,
    )
    await isAllReady(served())
    assert.equal((await served().ask('id')).status, 200)
  })
})

describe('faults in threads, with the trigger in the worker', () => {
  const placement = ['--set', 'spec.triggers.http.placement=worker']
  const served = serveSuite('faults', { args: placement })
  // Connections of a worker that is being replaced are served for another second: these tests want the new one.
  const anew: Served = () => ({
    ...served(),
    ask: (body, request) => served().ask(body, { ...request, headers: { connection: 'close' } }),
  })
  describeAttributed(anew)

  test('process.exit takes the connections of that worker along, and the function goes on', async () => {
    await assert.rejects(anew().ask('process.exit'))
    // The connection ends before the thread is known to have ended.
    await waitUntil(
      'the replacement',
      async () => (await served().metric('pelton_worker_restarts_total', { reason: 'died' })) === 1,
    )
    await isAllReady(served())
    assert.equal((await served().ask('id')).status, 200)
  })

  describeMany(served)
})

describe('faults in processes', () => {
  const served = serveSuite('faults', {
    args: [
      '--set',
      'spec.isolation=process',
      '--set',
      'spec.env=[{name: NODE_OPTIONS, value: --max-old-space-size=32}]',
    ],
  })
  describeAttributed(served)
  describeMany(served)

  for (const way of ['process.exit', 'process.abort', 'SIGSEGV', 'exhausted memory'])
    test(`${way} ends that worker only`, () => losesItsWorker(served(), way))

  test('restarts are counted', async () => {
    assert.equal(await served().metric('pelton_worker_restarts_total', { reason: 'died' }), 4)
  })
})
