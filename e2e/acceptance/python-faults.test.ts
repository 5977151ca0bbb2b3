import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { waitUntil, within } from '@pelton/testkit'
import { type Answer, type ServedFunction, serveSuite } from './serve-function.ts'

/** How many log lines there are of this message. */
const count = ({ pelton }: ServedFunction, message: string): number =>
  pelton.lines().filter((line) => line.message === message).length

const isAllReady = (served: ServedFunction): Promise<boolean> =>
  waitUntil('both workers being ready again', async () => (await served.metric('pelton_workers_ready')) === 2)

/** A request that runs in one of the two workers, and is still running when it is given back. */
async function hold(served: ServedFunction): Promise<{ answer: Promise<Answer> }> {
  const before = count(served, 'waiting')
  const answer = served.ask('wait long')
  await waitUntil('running', () => count(served, 'waiting') > before)
  return { answer }
}

/** The event of `way` fails, those beside and behind it do not; the worker stays, or is replaced and that is counted. */
async function failsAlone(served: ServedFunction, way: string, restarts: number, numBehind = 3): Promise<void> {
  await isAllReady(served)
  const before = await served.metric('pelton_worker_restarts_total')
  const beside = await hold(served)
  const failing = served.ask(way)
  const behind = Array.from({ length: numBehind }, () => served.ask('id'))
  const answer = await within(way, failing, 8000)
  assert.equal(answer.status, 500)
  assert.match(answer.headers.get('x-pelton-event-id') ?? '', /^[0-9a-f-]{36}$/)
  assert.doesNotMatch(answer.text, /Traceback|handler\.py/)
  for (const other of [beside.answer, ...behind]) assert.equal((await within('the others', other)).status, 200)
  await isAllReady(served)
  assert.equal((await served.metric('pelton_worker_restarts_total')) - before, restarts)
}

describe('faults in Python workers', () => {
  const served = serveSuite('python-faults')

  for (const way of [
    'an exception',
    'sys.exit(0)',
    'sys.exit(1)',
    'KeyboardInterrupt',
    'deep recursion',
    'too much memory',
  ])
    test(`${way} is a 500 with the traceback in the log, and the worker stays`, async () => {
      const from = served().pelton.lines().length
      await failsAlone(served(), way, 0)
      const isIt = (line: object): boolean => /Traceback[\s\S]*handler\.py/.test(JSON.stringify(line))
      await waitUntil('the traceback', () => served().pelton.lines().slice(from).some(isIt))
    })

  const deadly: [way: string, how: RegExp][] = [
    ['os._exit(0)', /exited with code 0/],
    ['os._exit(1)', /exited with code 1/],
    ['os._exit(5) in a thread', /exited with code 5/],
    ['SIGKILL', /ended by SIGKILL/],
    ['SIGABRT', /ended by SIGABRT/],
    ['a null pointer', /ended by SIGSEGV/],
  ]
  for (const [way, how] of deadly)
    test(`${way} ends that worker only, which is named and replaced`, async () => {
      const from = served().pelton.lines().length
      await failsAlone(served(), way, 1)
      const died = await served().pelton.line('worker_died', from)
      assert.match(String(died['reason']), how)
    })

  test('closing every descriptor ends that worker only', () => failsAlone(served(), 'closing every descriptor', 1))

  // Until its nonsense has been read, it goes on with what waits behind: that may have begun.
  test('writing to every descriptor ends that worker only', () =>
    failsAlone(served(), 'writing to every descriptor', 1, 0))

  test('restarts are counted, and the function is the same process, live and ready', async () => {
    const { health, pelton } = served()
    assert.equal(await served().metric('pelton_worker_restarts_total', { reason: 'died' }), deadly.length + 2)
    assert.equal(pelton.child.exitCode, null)
    await isAllReady(served())
    for (const path of ['/live', '/ready']) assert.equal((await fetch(health + path)).status, 200)
  })

  test('among many requests at once only the faulty ones fail', async () => {
    const ways = ['id', 'wait shortly', 'an exception', 'id', 'deep recursion', 'id', 'id', 'id']
    const isFaulty = (way: string): boolean => way === 'an exception' || way === 'deep recursion'
    const asked = Array.from({ length: 80 }, (_, index) => ways[index % ways.length] ?? '')
    const answers = await Promise.all(asked.map((way) => served().ask(way)))
    assert.deepEqual(
      answers.map(({ status }) => status),
      asked.map((way) => (isFaulty(way) ? 500 : 200)),
    )
  })
})
