import assert from 'node:assert/strict'
import { type TestContext, describe, test } from 'node:test'
import type { EventData, LogRecord, Outcome, Response, Runtime, Worker, WorkerFault, WorkerSpec } from '@pelton/core'
import { PeltonError } from '@pelton/core'
import { eventData } from './event-data.ts'
import { watchForLeaks } from './leak-check.ts'
import { createTempFolder } from './temp-folder.ts'
import { waitUntil, within } from './wait-until.ts'

/**
 * A runtime under test. Its fixture is a function in the runtime's language that does what the event's body says:
 * `echo TEXT` answers 200, `text/plain` and TEXT; `large N` answers N bytes; `created` answers 201 with a header `x-made: yes`
 * and the content type `text/x-made`; `throw` throws; `log` logs `logged` at info and answers; `pause MS` answers after that time;
 * `stream N` streams `chunk 1` … `chunk N`; `flood` streams 10,000 bytes a chunk without end; `produced` answers how many
 * chunks `flood` has made; `wait` answers `aborted` once the event's signal has aborted; `fault` raises an error that nobody
 * catches, a moment later, and never answers; `block` never gives its loop back; `die` ends its process or thread.
 */
export interface RuntimeUnderTest {
  load: () => Promise<Runtime>
  isolation: WorkerSpec['isolation']
  /** As `spec.runtime` names it. */
  runtime: string
  handler?: string
  /** Files of the fixture. */
  files: Record<string, string>
  /** Files of a function whose handler cannot be loaded. */
  faultyFiles: Record<string, string>
  /** Events at a time in one worker; 1 for runtimes that handle one after the other. */
  concurrency: number
  /** What the language, or the way it is run, does not have. */
  lacks?: readonly Lack[]
}

/** `created` has no way to say it, `log` neither; `host`: no process lives longer than an event, so none is pinged or dies. */
type Lack = 'stream' | 'abort' | 'fault' | 'headers' | 'log' | 'host'

type AddTest = (name: string, run: (t: TestContext) => Promise<void>) => void

/** Adds tests of something; none where the language does not have it. */
function testsOf(kind: RuntimeUnderTest, what: Lack): AddTest {
  return (name, run) => {
    if (!kind.lacks?.includes(what)) test(name, run)
  }
}

interface Spawned {
  worker: Worker
  spec: WorkerSpec
  logs: LogRecord[]
  faults: WorkerFault[]
}

/** The contract that every runtime keeps, as tests. */
export function describeRuntime(name: string, kind: RuntimeUnderTest): void {
  describe(`${name} keeps the contract of runtimes`, () => {
    describeHandling(kind)
    describeStreams(kind)
    describeTrouble(kind)
    describeEnd(kind)
  })
}

function describeHandling(kind: RuntimeUnderTest): void {
  test('it delivers an event and its answer', async (t) => {
    const { worker } = await spawn(t, kind)
    const task = worker.handle(eventData('echo hello wörld'))
    const response = await handled(task.outcome)
    assert.equal(response.status, 200)
    assert.equal(text(response), 'hello wörld')
    assert.match(response.contentType, /^text\/plain/)
    const begun = task.begunAt()
    assert.ok(begun !== undefined && begun <= performance.now() && begun > performance.now() - 60_000, `begun ${begun}`)
  })

  testsOf(kind, 'headers')('it delivers status, headers and content type', async (t) => {
    const { worker } = await spawn(t, kind)
    const response = await handled(worker.handle(eventData('created')).outcome)
    assert.equal(response.status, 201)
    assert.equal(response.contentType, 'text/x-made')
    assert.deepEqual(
      response.headers.map(([header, value]) => [header.toLowerCase(), value]),
      [['x-made', 'yes']],
    )
  })

  test('it delivers large bodies both ways', async (t) => {
    const { worker } = await spawn(t, kind)
    const large = `echo ${'x'.repeat(5_000_000)}`
    assert.equal(text(await handled(worker.handle(eventData(large)).outcome)).length, 5_000_000)
    assert.equal(text(await handled(worker.handle(eventData('large 3000000')).outcome)).length, 3_000_000)
  })

  test('it handles as many events at a time as its concurrency, and loses none', async (t) => {
    const { worker } = await spawn(t, kind)
    for (let round = 0; round < 400; round += kind.concurrency) {
      const outcomes = Array.from({ length: kind.concurrency }, (_, at) =>
        worker.handle(eventData(`echo ${round + at}`)).outcome.then(handledAt(`${round + at}`)),
      )
      await within('the events of a round', Promise.all(outcomes))
    }
  })

  test('a handler that throws fails its event only', async (t) => {
    const { worker } = await spawn(t, kind)
    const error = await failed(worker.handle(eventData('throw')).outcome)
    assert.equal(error.status, 500)
    assert.equal(text(await handled(worker.handle(eventData('echo on')).outcome)), 'on')
  })

  testsOf(kind, 'log')('what the handler logs arrives with the event id and before the outcome', async (t) => {
    const { worker, logs } = await spawn(t, kind)
    const captured: LogRecord[] = []
    const log = { level: 'info', write: (record: LogRecord) => captured.push(record) } as const
    const event = eventData('log')
    await handled(worker.handle(event, { log }).outcome)
    assert.ok(captured.some((record) => record.message === 'logged'))
    await waitUntil('the record', () => logs.some((one) => one.message === 'logged' && one.eventId === event.id))
  })
}

function describeStreams(kind: RuntimeUnderTest): void {
  const testOfStreams = testsOf(kind, 'stream')

  testOfStreams('it delivers the chunks of a stream one by one', async (t) => {
    const { worker } = await spawn(t, kind)
    const outcome = await worker.handle(eventData('stream 20')).outcome
    assert.equal(outcome.status, 'handled')
    const chunks: string[] = []
    for await (const chunk of bodyOf(outcome.response)) chunks.push(Buffer.from(chunk).toString())
    await within('finished', outcome.finished)
    assert.deepEqual(
      chunks,
      Array.from({ length: 20 }, (_, at) => `chunk ${at + 1}`),
    )
  })

  // A worker of one event at a time cannot be asked meanwhile.
  if (kind.concurrency === 1) return
  testOfStreams('it stops the producer of a stream that is not read, and of one that is left', async (t) => {
    const { worker } = await spawn(t, kind)
    const outcome = await worker.handle(eventData('flood')).outcome
    assert.equal(outcome.status, 'handled')
    const produced = async (): Promise<number> =>
      Number(text(await handled(worker.handle(eventData('produced')).outcome)))
    const ahead = await waitUntil('the producer stands still', async () => {
      const before = await produced()
      await handled(worker.handle(eventData('pause 30')).outcome)
      return before > 0 && before === (await produced()) ? before : 0
    })
    assert.ok(ahead * 10_000 <= 1_000_000, `${ahead} chunks ahead`)
    await bodyOf(outcome.response)[Symbol.asyncIterator]().return?.()
    await within(
      'finished',
      outcome.finished.catch(() => undefined),
    )
    const left = await produced()
    await handled(worker.handle(eventData('pause 30')).outcome)
    assert.equal(await produced(), left)
  })
}

function describeTrouble(kind: RuntimeUnderTest): void {
  const testOfHost = testsOf(kind, 'host')

  test('a handler that cannot be loaded rejects the start for good, and says why', async (t) => {
    const { faultyFiles: files } = kind
    await assert.rejects(
      spawn(t, { ...kind, files }),
      (error) => error instanceof PeltonError && !error.retryable && error.blame === 'user' && error.help !== '',
    )
  })

  testsOf(kind, 'abort')('an abort reaches the handler', async (t) => {
    const { worker } = await spawn(t, kind)
    const controller = new AbortController()
    const task = worker.handle(eventData('wait'), { signal: controller.signal })
    await waitUntil('begun', () => task.begunAt() !== undefined)
    controller.abort()
    assert.equal(text(await handled(task.outcome)), 'aborted')
  })

  testsOf(kind, 'fault')(
    'a fault that nobody catches is reported with its event, which fails; the others go on',
    async (t) => {
      const { worker, faults } = await spawn(t, kind)
      const others = kind.concurrency > 1 ? [worker.handle(eventData('pause 100'))] : []
      const event = eventData('fault')
      await failed(worker.handle(event).outcome)
      await waitUntil('the report', () => faults.length > 0)
      assert.equal(faults[0]?.eventId, event.id)
      for (const other of others) await handled(other.outcome)
    },
  )

  testOfHost('a ping is answered by an idle worker and not by one whose loop is blocked', async (t) => {
    const { worker } = await spawn(t, kind)
    assert.equal(await worker.ping(2000), true)
    const task = worker.handle(eventData('block'))
    await waitUntil('begun', () => task.begunAt() !== undefined)
    assert.equal(await worker.ping(100), false)
  })

  testOfHost(
    'a worker that dies fails what it held and names the cause; what it had not begun is told apart',
    async (t) => {
      const { worker } = await spawn(t, kind)
      const block = worker.handle(eventData('block'))
      await waitUntil('begun', () => block.begunAt() !== undefined)
      const behind = worker.handle(eventData('echo behind'))
      await worker.stop(20)
      assert.equal((await failed(block.outcome)).code, 'worker_lost')
      assert.equal((await failed(behind.outcome)).code, 'worker_lost')
      assert.equal(behind.begunAt(), undefined)
      const second = await spawn(t, kind)
      const error = await failed(second.worker.handle(eventData('die')).outcome)
      assert.equal(error.code, 'worker_lost')
      assert.equal((await within('ended', second.worker.ended)).error?.code, 'worker_lost')
      assert.equal((await failed(second.worker.handle(eventData('echo late')).outcome)).code, 'worker_lost')
    },
  )
}

function describeEnd(kind: RuntimeUnderTest): void {
  test('a stop waits for what runs', async (t) => {
    const { worker } = await spawn(t, kind)
    const task = worker.handle(eventData('pause 100'))
    await waitUntil('begun', () => task.begunAt() !== undefined)
    await within('stop', worker.stop(5000))
    await handled(task.outcome)
    assert.deepEqual(await worker.ended, {})
  })

  test('a stop ends by force at its deadline', async (t) => {
    const { worker } = await spawn(t, kind)
    const task = worker.handle(eventData('block'))
    await waitUntil('begun', () => task.begunAt() !== undefined)
    const start = performance.now()
    await within('stop', worker.stop(200))
    assert.ok(performance.now() - start < 3000)
    await failed(task.outcome)
  })

  test('a start that is no longer wanted is ended and rejects', async (t) => {
    const leaks = watchForLeaks()
    await assert.rejects(spawn(t, kind, AbortSignal.abort()))
    await leaks()
  })

  test('it can be started again after a stop, and leaks nothing', async (t) => {
    const first = await spawn(t, kind)
    await first.worker.stop(2000)
    const leaks = watchForLeaks()
    for (let round = 0; round < 3; round++) {
      const { worker } = await spawn(t, kind)
      assert.equal(text(await handled(worker.handle(eventData(`echo ${round}`)).outcome)), `${round}`)
      await worker.stop(2000)
    }
    await leaks()
  })
}

async function spawn(t: TestContext, kind: RuntimeUnderTest, signal?: AbortSignal): Promise<Spawned> {
  const folder = await createTempFolder(t, kind.files)
  const logs: LogRecord[] = []
  const faults: WorkerFault[] = []
  const spec = specOf(kind, folder, {
    log: (record) => void logs.push(record),
    fault: (fault) => void faults.push(fault),
    call: () => Promise.reject(new Error('no trigger here takes calls')),
  })
  const runtime = await kind.load()
  const worker = await within('start', runtime.spawn(spec, signal), 20_000)
  t.after(() => worker.stop(0))
  return { worker, spec, logs, faults }
}

function specOf(kind: RuntimeUnderTest, folder: string, hooks: WorkerSpec['hooks']): WorkerSpec {
  return {
    index: 0,
    function: {
      name: 'contract',
      namespace: '',
      version: '1',
      description: '',
      folder,
      handler: kind.handler ?? '',
      runtime: kind.runtime,
      functions: {},
    },
    trigger: { kind: 'http', name: 'http' },
    compat: 'none',
    concurrency: kind.concurrency,
    isolation: kind.isolation,
    env: {},
    attributes: {},
    logLevel: 'debug',
    exposeErrors: false,
    hooks,
  }
}

async function handled(outcome: Promise<Outcome>): Promise<Response> {
  const settled = await within('outcome', outcome, 10_000)
  assert.equal(settled.status, 'handled', settled.status === 'failed' ? settled.error.message : '')
  return settled.response
}

async function failed(outcome: Promise<Outcome>): Promise<PeltonError> {
  const settled = await within('outcome', outcome, 10_000)
  assert.equal(settled.status, 'failed')
  return settled.error
}

function handledAt(expected: string): (outcome: Outcome) => void {
  return (outcome) => {
    assert.equal(outcome.status, 'handled')
    assert.equal(text(outcome.response), expected)
  }
}

function text({ body }: Response): string {
  assert.ok(body instanceof Uint8Array)
  return Buffer.from(body.buffer, body.byteOffset, body.length).toString()
}

function bodyOf({ body }: Response): AsyncIterable<EventData['body']> {
  assert.ok(body !== undefined && !(body instanceof Uint8Array))
  return body
}
