import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Outcome, PeltonError } from '@pelton/core'
import {
  FakeClock,
  type FakeDispatch,
  FakeTriggerContext,
  describeTrigger,
  handled,
  triggerSettings,
  waitUntil,
  within,
} from '@pelton/testkit'
import { errors } from '../../errors.ts'
import manifest from './index.ts'

describeTrigger('job', {
  manifest,
  attributes: { event: { body: 'hello', headers: { 'X-A': '1' }, method: 'POST', path: '/go' } },
  emit: () => undefined,
  emitsOnce: true,
  mostPending: 1,
})

interface StartedJob {
  context: FakeTriggerContext
  clock: FakeClock
  run: Promise<void>
  /** The last log line of this message; fails when there is none. */
  facts(message: string): Record<string, unknown>
}

/** Runs a job until the test ends. */
async function startJob(
  t: TestContext,
  attributes: Record<string, unknown>,
  dispatch: (...given: [...Parameters<FakeDispatch>, clock: FakeClock]) => ReturnType<FakeDispatch>,
): Promise<StartedJob> {
  const clock = new FakeClock()
  const context = new FakeTriggerContext({
    name: 'test',
    dispatch: (event, options) => dispatch(event, options, clock),
    clock,
  })
  const run = (await manifest.load())(triggerSettings(manifest, { attributes })).run(context)
  t.after(async () => {
    context.abortNow()
    await within('run after abort', run)
  })
  const facts = (message: string): Record<string, unknown> => {
    const record = context.logs.findLast((one) => one.message === message)
    assert.ok(record, `${message} is not among ${context.logs.map((one) => one.message).join(', ')}`)
    return record.facts ?? {}
  }
  return { context, clock, run, facts }
}

const untilFinished = ({ context }: StartedJob): Promise<unknown> =>
  waitUntil('the end of the job', () => context.finished.length > 0)

/** Lets time pass until the job is over. */
async function passTime(job: StartedJob, stepMs = 1000): Promise<void> {
  while (job.clock.now() < 3_600_000 && job.context.finished.length === 0) await job.clock.advance(stepMs)
}

function failure(code: string, facts: { retryable?: boolean; status?: number } = {}): Outcome {
  const row = { blame: 'user', retryable: false, help: '', ...facts } as const
  return { status: 'failed', error: new PeltonError(code, 'no luck', row) }
}

test('the event is what was configured, and its handling ends the job', async (t) => {
  const event = {
    body: 'hello',
    headers: { 'Content-Type': 'text/x', n: 7 },
    method: 'PUT',
    path: '/go',
    fields: { day: 3 },
  }
  const job = await startJob(t, { event }, () => handled({ status: 200 }))
  await untilFinished(job)
  const [given] = job.context.events
  assert.equal(Buffer.from(given?.body ?? []).toString(), 'hello')
  assert.deepEqual([given?.method, given?.path, given?.contentType], ['PUT', '/go', 'text/x'])
  assert.deepEqual([given?.headers, given?.fields], [{ 'content-type': 'text/x', n: '7' }, { day: 3 }])
  assert.equal(given?.timestamp.getTime(), job.clock.wall())
  assert.deepEqual(job.context.finished, [{ failed: false }])
  assert.deepEqual(job.facts('job_succeeded'), { event_id: given?.id, status: 200, attempts: 1, duration_ms: 0 })
})

test('a map as the body is JSON with its content type', async (t) => {
  const job = await startJob(t, { event: { body: { a: [1] } } }, () => handled())
  await untilFinished(job)
  const [given] = job.context.events
  assert.deepEqual([Buffer.from(given?.body ?? []).toString(), given?.contentType], ['{"a":[1]}', 'application/json'])
})

test('the run goes on after the job, ready, until it is stopped', async (t) => {
  const job = await startJob(t, {}, () => handled())
  await untilFinished(job)
  await job.clock.advance(60_000)
  assert.equal(job.context.isReady, true)
  assert.equal(job.context.finished.length, 1)
  job.context.stopNow()
  await within('run after stop', job.run)
  assert.equal(job.context.finished.length, 1)
})

test('any 2xx is success, every other answer is not', async (t) => {
  for (const [status, failed] of [
    [200, false],
    [201, false],
    [204, false],
    [299, false],
    [302, true],
    [404, true],
    [500, true],
  ] as const) {
    const job = await startJob(t, {}, () => handled({ status }))
    await untilFinished(job)
    assert.deepEqual(job.context.finished, [{ failed }], String(status))
    const { reason, status: logged } = job.facts(failed ? 'job_failed' : 'job_succeeded')
    assert.deepEqual([logged, reason], [status, failed ? `the handler answered ${status}` : undefined])
  }
})

test('exitProcess is passed on as it was given', async (t) => {
  for (const exitProcess of [true, false]) {
    const job = await startJob(t, { exitProcess }, () => failure('handler_failed'))
    await untilFinished(job)
    assert.deepEqual(job.context.finished, [{ failed: true, endsProcess: exitProcess }])
  }
})

test('every attempt has the same id and time, and its own number', async (t) => {
  const answers = [failure('handler_failed'), handled({ status: 503 }), handled({ status: 201 })]
  const job = await startJob(t, { retries: 5 }, () => answers.shift() ?? handled())
  await passTime(job)
  assert.deepEqual(job.context.finished, [{ failed: false }])
  const { events } = job.context
  assert.deepEqual(
    events.map(({ attempt }) => attempt),
    [1, 2, 3],
  )
  assert.equal(new Set(events.map(({ id }) => id)).size, 1)
  assert.equal(new Set(events.map(({ timestamp }) => timestamp.getTime())).size, 1)
  assert.equal(job.facts('job_succeeded')['attempts'], 3)
  const warnings = job.context.logs.filter(({ message }) => message === 'job_attempt_failed')
  assert.deepEqual(
    warnings.map(({ level, facts }) => [level, facts?.['attempt'], facts?.['reason']]),
    [
      ['warn', 1, 'handler_failed: no luck'],
      ['warn', 2, 'the handler answered 503'],
    ],
  )
})

test('the wait between attempts doubles from retryDelay', async (t) => {
  const times: number[] = []
  const job = await startJob(t, { retries: 3, retryDelay: '4s' }, (_event, _options, clock) => {
    times.push(clock.now())
    return handled({ status: 500 })
  })
  await passTime(job, 10)
  assert.equal(times.length, 4)
  for (const [index, most] of [4000, 8000, 16_000].entries()) {
    const waited = (times[index + 1] ?? 0) - (times[index] ?? 0)
    assert.ok(waited >= most / 2 && waited <= most, `wait ${index + 1} was ${waited} ms`)
  }
  assert.equal(job.facts('job_failed')['attempts'], 4)
})

test('without retries the first failure is the last', async (t) => {
  const job = await startJob(t, {}, () => failure('worker_lost', { retryable: true }))
  await untilFinished(job)
  assert.equal(job.context.events.length, 1)
  assert.equal(job.facts('job_failed')['reason'], 'worker_lost: no luck')
})

test('an error that says that trying again is no use is not retried', async (t) => {
  const job = await startJob(t, { retries: 5 }, () => failure('handler_load_failed'))
  await untilFinished(job)
  assert.equal(job.context.events.length, 1)
})

test('a stream that breaks off is a failed attempt', async (t) => {
  const job = await startJob(t, { retries: 1 }, ({ attempt }) => handled({ body: attempt === 1 ? torn() : 'whole' }))
  await passTime(job)
  assert.deepEqual(job.context.finished, [{ failed: false }])
  assert.equal(job.facts('job_attempt_failed')['reason'], 'torn')
})

test('a stream that the processor breaks off after its end is a failed attempt', async (t) => {
  const finished = Promise.reject<void>(new Error('late'))
  // As the contract says, it never is an unhandled rejection.
  finished.catch(() => undefined)
  const job = await startJob(t, {}, () => ({ ...handled(), finished }))
  await untilFinished(job)
  assert.equal(job.facts('job_failed')['reason'], 'late')
})

test('at the deadline the event is taken back and the job fails', async (t) => {
  let revoke: AbortSignal | undefined
  const job = await startJob(t, { deadline: 5 }, (_event, options) => {
    revoke = options.revoke
    return new Promise(() => undefined)
  })
  await job.clock.advance(4999)
  assert.deepEqual([revoke?.aborted, job.context.finished], [false, []])
  await job.clock.advance(1)
  assert.equal(revoke?.aborted, true)
  await untilFinished(job)
  assert.deepEqual(job.context.finished, [{ failed: true }])
  assert.match(
    String(job.facts('job_failed')['reason']),
    new RegExp(`${errors.job_deadline_over.code}: .*deadline of 5s`),
  )
})

test('the deadline counts over all attempts and the waits between them', async (t) => {
  const job = await startJob(t, { deadline: '10s', retries: 100, retryDelay: '8s' }, () => handled({ status: 500 }))
  await passTime(job, 100)
  assert.equal(Math.round(job.clock.now() / 100), 100)
  assert.equal(job.context.events.length, 2)
  assert.deepEqual(job.context.finished, [{ failed: true }])
})

test('a job that is done leaves no timer of its deadline', async (t) => {
  const job = await startJob(t, { deadline: '1h' }, () => handled())
  await untilFinished(job)
  assert.equal(job.clock.pending, 0)
})

test('a stop lets the attempt finish, which tells the outcome', async (t) => {
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const job = await startJob(t, { retries: 3 }, () => promise)
  await waitUntil('the attempt', () => job.context.events.length > 0)
  job.context.stopNow()
  await job.clock.advance(1000)
  assert.equal(job.context.finished.length, 0)
  resolve(handled())
  await within('run after the attempt', job.run)
  assert.deepEqual(job.context.finished, [{ failed: false }])
})

test('after a stop no further attempt begins, and the job has failed', async (t) => {
  for (const when of ['during the attempt', 'while it waits for the next']) {
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    const job = await startJob(t, { retries: 3, retryDelay: '1h' }, () => promise)
    await waitUntil('the attempt', () => job.context.events.length > 0)
    if (when === 'during the attempt') job.context.stopNow()
    resolve(handled({ status: 500 }))
    if (when !== 'during the attempt') await waitUntil('the wait', () => job.clock.pending > 0)
    job.context.stopNow()
    await within('run after stop', job.run)
    assert.equal(job.context.events.length, 1, when)
    assert.deepEqual(job.context.finished, [{ failed: true }])
    const announced = job.context.logs.filter(({ message }) => message === 'job_attempt_failed').length
    assert.equal(announced, when === 'during the attempt' ? 0 : 1)
    assert.match(String(job.facts('job_failed')['reason']), /job_interrupted: .*stopped.*the handler answered 500/)
  }
})

test('a job that is stopped before it began has failed', async () => {
  const context = new FakeTriggerContext()
  context.stopNow()
  await (await manifest.load())(triggerSettings(manifest)).run(context)
  assert.deepEqual([context.events.length, context.finished], [0, [{ failed: true }]])
})

test('at the end of the grace time the job has failed', async (t) => {
  const job = await startJob(t, {}, () => new Promise(() => undefined))
  await waitUntil('the attempt', () => job.context.events.length > 0)
  job.context.abortNow()
  await within('run after abort', job.run)
  assert.deepEqual(job.context.finished, [{ failed: true }])
  assert.match(String(job.facts('job_failed')['reason']), /job_interrupted/)
})

// oxlint-disable-next-line require-yield
async function* torn(): AsyncGenerator<Uint8Array> {
  throw new Error('torn')
}
