import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type EventData, type LogRecord, type Outcome, PeltonError, type Response } from '@pelton/core'
import { FakeClock, waitUntil, within } from '@pelton/testkit'
import { frame, frameType, InFrame, maxBodyBytes, maxMetaBytes, type OutFrame, streamWindowBytes } from './frame.ts'
import { createWireHooks } from './wire-hooks.ts'
import { answer, carriers, eventOf, startPair } from './fixtures/wire-pair.ts'

async function handled(outcome: Promise<Outcome>): Promise<Response & { finished: Promise<void> }> {
  const settled = await within('outcome', outcome)
  assert.equal(settled.status, 'handled', settled.status === 'failed' ? settled.error.message : '')
  return { ...settled.response, finished: settled.finished }
}

async function failed(outcome: Promise<Outcome>): Promise<PeltonError> {
  const settled = await within('outcome', outcome)
  assert.equal(settled.status, 'failed')
  return settled.error
}

async function chunksOf(body: Response['body']): Promise<string[]> {
  assert.ok(body && !(body instanceof Uint8Array))
  const chunks: string[] = []
  for await (const chunk of body) chunks.push(String(chunk))
  return chunks
}

const members = ['id', 'attempt', 'trigger', 'timestamp', 'method', 'path', 'url', 'contentType'] as const
const moreMembers = ['headers', 'fields', 'body', 'shardId', 'offset', 'topic', 'extra'] as const

function membersOf(event: EventData): Record<string, unknown> {
  return Object.fromEntries([...members, ...moreMembers].map((name) => [name, event[name]]))
}

for (const carrier of Object.keys(carriers) as (keyof typeof carriers)[]) {
  describe(`the worker wire over ${carrier}`, () => {
    test('every member of an event arrives as it was sent', async () => {
      const seen: Record<string, unknown>[] = []
      const { worker } = await startPair(async (event) => (seen.push(membersOf(event)), answer({})), { carrier })
      const plain = eventOf('body', { url: '/a', fields: {}, headers: {} })
      const full = eventOf('müßig', {
        attempt: 3,
        trigger: { kind: 'kafka', name: 'other' },
        shardId: 4,
        offset: 2 ** 40,
        topic: 'töpic',
        extra: { bytes: Buffer.from([0, 255]), deep: [{ view: new Uint8Array([1, 2]) }], text: 'x' },
      })
      const sent = [membersOf(plain), membersOf(full)]
      for (const event of [plain, full]) await handled(worker.handle(event).outcome)
      const extra = { bytes: Buffer.from([0, 255]), deep: [{ view: Buffer.from([1, 2]) }], text: 'x' }
      assert.deepEqual(seen, [sent[0], { ...sent[1], extra }])
      await worker.stop(1000)
    })

    test('a body in pieces arrives joined, whatever its size, and is not joined before', async () => {
      const seen: Buffer[] = []
      const { worker } = await startPair(async ({ body }) => (seen.push(Buffer.from(body)), answer({})), { carrier })
      const sizes = [[0], [3, 4], [10_000, 10_000], [0, 300_000, 1], [1_000_000]]
      const sent = sizes.map((lengths, at) => lengths.map((length) => Buffer.alloc(length, at + 65)))
      const outcomes = sent.map((bodyPieces) => {
        const event = Object.defineProperty(eventOf('', { bodyPieces }), 'body', {
          get: () => assert.fail('the body was asked for'),
        })
        return handled(worker.handle(event).outcome)
      })
      await Promise.all(outcomes)
      assert.deepEqual(
        seen,
        sent.map((pieces) => Buffer.concat(pieces)),
      )
      await worker.stop(1000)
    })

    test('an absent body, an empty one, headers and extra of a response arrive as they were answered', async () => {
      const answers: Partial<Response>[] = [
        { status: 204 },
        { body: Buffer.alloc(0), contentType: 'text/plain; charset=utf-8' },
        {
          status: 599,
          headers: [
            ['set-cookie', 'a=1'],
            ['set-cookie', 'b=ü'],
          ],
          contentType: 'x/y',
          body: Buffer.from('z'),
        },
        { extra: { reply: Buffer.from('bytes'), n: 1 } },
      ]
      const { worker } = await startPair(async (event) => answer(answers[Number(event.body.toString())]!), { carrier })
      for (const [at, expected] of answers.entries()) {
        const { finished, ...response } = await handled(worker.handle(eventOf(`${at}`)).outcome)
        await finished
        assert.deepEqual(response, { status: 200, headers: [], contentType: '', body: undefined, ...expected })
      }
      await worker.stop(1000)
    })

    test('a failure arrives with its code, text, blame and status', async () => {
      const row = { blame: 'upstream', retryable: true, help: 'wait', status: 502 } as const
      const error = new PeltonError('some_code', 'went wrong', row, new Error('the reason'))
      const { worker } = await startPair(async () => ({ status: 'failed', error }), { carrier })
      const got = await failed(worker.handle(eventOf()).outcome)
      const { code, message, blame, retryable, help, status } = got
      assert.deepEqual(
        { code, message, blame, retryable, help, status },
        { code: 'some_code', message: 'went wrong', ...row },
      )
      assert.match(String((got.cause as Error).message), /the reason/)
      await worker.stop(1000)
    })

    test('bodies of every size come back unchanged, many at a time', async () => {
      const { worker } = await startPair(async (event) => answer({ body: event.body, status: 201 }), { carrier })
      const sizes = [0, 1, 15, 16, 1000, 16_000, 16_384, 20_000, 65_536, 300_000, 5_000_000]
      const bodies = sizes.flatMap((size, at) => [Buffer.alloc(size, `a${at}`), Buffer.allocUnsafeSlow(size).fill(at)])
      const copies = bodies.map((body) => Buffer.from(body))
      const outcomes = bodies.map((body) => worker.handle(eventOf(body)).outcome)
      for (const [at, outcome] of outcomes.entries()) {
        const { body } = await handled(outcome)
        assert.ok(copies[at]!.equals(body as Buffer), `body ${at}`)
      }
      await worker.stop(1000)
    })

    test('a handler may write over a body after it has answered with it', async () => {
      const kept = Buffer.alloc(50_000, 'a')
      const { worker } = await startPair(async () => answer({ body: kept }), { carrier })
      const first = await handled(worker.handle(eventOf()).outcome)
      kept.fill('b')
      const second = await handled(worker.handle(eventOf()).outcome)
      assert.equal(String((first.body as Buffer).subarray(0, 3)), 'aaa')
      assert.equal(String((second.body as Buffer).subarray(0, 3)), 'bbb')
      await worker.stop(1000)
    })

    test('a stream keeps its chunks and their boundaries', async () => {
      const chunks = ['a', '', 'bcd', 'x'.repeat(100_000)]
      const { worker } = await startPair(
        async () =>
          answer({
            body: (async function* () {
              for (const chunk of chunks) yield Buffer.from(chunk)
            })(),
          }),
        { carrier },
      )
      const { body, finished } = await handled(worker.handle(eventOf()).outcome)
      assert.deepEqual(await chunksOf(body), chunks)
      await finished
      await worker.stop(1000)
    })

    test('a stream that is not read stops its producer at the window', async () => {
      let produced = 0
      async function* endless(): AsyncGenerator<Buffer> {
        for (;;) {
          produced += 10_000
          yield Buffer.alloc(10_000)
        }
      }
      const { worker } = await startPair(async () => answer({ body: endless() }), { carrier })
      const { body, finished } = await handled(worker.handle(eventOf()).outcome)
      // The host answers pings in order with chunks: after two of them it has had every chance to go on.
      for (let round = 0; round < 3; round++) assert.ok(await worker.ping(1000))
      const ahead = produced
      assert.ok(ahead >= streamWindowBytes - 10_000 && ahead <= streamWindowBytes + 20_000, `${ahead} bytes ahead`)
      const iterator = (body as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
      for (let read = 0; read < 200; read++) await iterator.next()
      await waitUntil('the producer goes on', () => produced > ahead + 1_000_000)
      assert.ok(produced < 200 * 10_000 + streamWindowBytes + 20_000)
      await iterator.return?.()
      await within('finished', finished)
      await worker.stop(1000)
    })

    test('a million empty chunks are bounded too', async () => {
      let produced = 0
      async function* endless(): AsyncGenerator<Buffer> {
        for (;;) yield (produced++, Buffer.alloc(0))
      }
      const { worker } = await startPair(async () => answer({ body: endless() }), { carrier })
      const { body } = await handled(worker.handle(eventOf()).outcome)
      for (let round = 0; round < 3; round++) assert.ok(await worker.ping(1000))
      assert.ok(produced <= streamWindowBytes / 16 + 1, `${produced} chunks`)
      await (body as AsyncIterableIterator<Buffer>).return?.()
      await worker.stop(1000)
    })

    test('a reader that leaves returns the iterator of the handler', async () => {
      let returned = false
      async function* body(): AsyncGenerator<Buffer> {
        try {
          for (;;) yield Buffer.from('chunk')
        } finally {
          returned = true
        }
      }
      const { worker } = await startPair(async () => answer({ body: body() }), { carrier })
      const response = await handled(worker.handle(eventOf()).outcome)
      for await (const chunk of response.body as AsyncIterable<Buffer>) {
        assert.equal(String(chunk), 'chunk')
        break
      }
      await within('finished', response.finished)
      assert.ok(returned)
      await worker.stop(1000)
    })

    test('a stream that breaks gives what came before, then the error', async () => {
      async function* body(): AsyncGenerator<Buffer> {
        yield Buffer.from('first')
        throw new Error('disk on fire')
      }
      const { worker } = await startPair(async () => answer({ body: body() }), { carrier })
      const response = await handled(worker.handle(eventOf()).outcome)
      const chunks: string[] = []
      const read = async (): Promise<void> => {
        for await (const chunk of response.body as AsyncIterable<Buffer>) chunks.push(String(chunk))
      }
      await assert.rejects(read(), /disk on fire/)
      assert.deepEqual(chunks, ['first'])
      await assert.rejects(response.finished, { code: 'body_broken' })
      await worker.stop(1000)
    })

    test('an abort reaches the signal of the handler, also of an event that is not begun', async () => {
      const aborted = (signal: AbortSignal | undefined): Promise<Outcome> =>
        new Promise((resolve) => {
          if (signal?.aborted) return resolve(answer({ status: 210 }))
          signal?.addEventListener('abort', () => resolve(answer({ status: 211 })))
        })
      const { worker } = await startPair(async (_, options) => aborted(options.signal), { carrier })
      const controller = new AbortController()
      const task = worker.handle(eventOf(), { signal: controller.signal })
      await waitUntil('begun', () => task.begunAt() !== undefined)
      controller.abort()
      assert.equal((await handled(task.outcome)).status, 211)
      assert.equal((await handled(worker.handle(eventOf(), { signal: AbortSignal.abort() }).outcome)).status, 210)
      await worker.stop(1000)
    })

    test('without a signal of the caller the handler is given none, and without a capture no log', async () => {
      const { worker } = await startPair(
        async (_, { signal, log }) => answer({ status: signal === undefined && log === undefined ? 200 : 500 }),
        { carrier },
      )
      assert.equal((await handled(worker.handle(eventOf()).outcome)).status, 200)
      await worker.stop(1000)
    })

    test('log records arrive, those of a captured event before its outcome', async () => {
      const record: LogRecord = { time: 5, level: 'debug', message: 'hello', facts: { n: 1 }, eventId: 'e', worker: 2 }
      const { worker, logs } = await startPair(
        async (_, options, hooks) => {
          hooks.log({ ...record, level: 'info' })
          options.log?.write(record)
          return answer({ status: options.log?.level === 'debug' ? 200 : 500 })
        },
        { carrier },
      )
      const captured: LogRecord[] = []
      const log = { level: 'debug', write: (one: LogRecord) => captured.push(one) } as const
      assert.equal((await handled(worker.handle(eventOf(), { log }).outcome)).status, 200)
      assert.deepEqual(captured, [record])
      assert.deepEqual(logs, [{ ...record, level: 'info' }])
      await worker.stop(1000)
    })

    test('facts of a record that are no JSON cost the facts, not the record', async () => {
      const { worker, logs, hostHooks } = await startPair(async () => answer({}), { carrier })
      hostHooks.log({ time: 1, level: 'info', message: 'big', facts: { n: 1n } })
      await waitUntil('the record', () => logs.length > 0)
      assert.equal(logs[0]?.message, 'big')
      await worker.stop(1000)
    })

    test('faults arrive', async () => {
      const { worker, faults, hostHooks } = await startPair(async () => answer({}), { carrier })
      hostHooks.fault({ eventId: 'e', message: 'm', stack: 's' })
      await waitUntil('the fault', () => faults.length > 0)
      assert.deepEqual(faults, [{ eventId: 'e', message: 'm', stack: 's' }])
      await worker.stop(1000)
    })

    test('calls carry payload and body there, and any value, bytes or an error back', async () => {
      const call = async (operation: string, payload: unknown, body?: Uint8Array): Promise<unknown> => {
        if (operation === 'throw') throw new Error('no such connection')
        if (operation === 'bytes') return Buffer.from('raw')
        return { operation, payload, body: body?.length }
      }
      const { worker, hostHooks } = await startPair(async () => answer({}), { carrier, call })
      const payload = { to: 'x', bytes: Buffer.from('b') }
      assert.deepEqual(await hostHooks.call('push', payload, Buffer.alloc(100_000)), {
        operation: 'push',
        payload,
        body: 100_000,
      })
      assert.deepEqual(await hostHooks.call('push', undefined), { operation: 'push' })
      assert.deepEqual(await hostHooks.call('bytes', 1), Buffer.from('raw'))
      await assert.rejects(hostHooks.call('throw', 1), { code: 'call_failed', message: /throw.*no such connection/ })
      await worker.stop(1000)
    })

    test('calls are bounded in number and size', async () => {
      const { worker, hostHooks } = await startPair(async () => answer({}), {
        carrier,
        call: () => new Promise<never>(() => undefined),
      })
      for (let count = 0; count < 256; count++) hostHooks.call('wait', 1).catch(() => undefined)
      await assert.rejects(hostHooks.call('wait', 1), { code: 'too_many_calls' })
      await worker.stop(1000)
      const second = await startPair(async () => answer({}), { carrier })
      await assert.rejects(second.hostHooks.call('big', 'x'.repeat(maxMetaBytes)), { code: 'call_too_large' })
      await second.worker.stop(1000)
    })

    test('a ping is answered while events run, and not by a host whose loop is blocked', async () => {
      const { worker } = await startPair(async () => answer({}), { carrier })
      assert.equal(await worker.ping(1000), true)
      await worker.stop(1000)
      const stuck = await startPair(async () => answer({}), { carrier, stuck: true })
      assert.equal(await stuck.worker.ping(20), false)
      await stuck.worker.stop(20)
    })

    test('a stop lets what runs finish, refuses what comes, and ends without an error', async () => {
      const release = Promise.withResolvers<void>()
      const { worker, killed } = await startPair(async () => (await release.promise, answer({ status: 202 })), {
        carrier,
      })
      const running = worker.handle(eventOf())
      const stopped = worker.stop(5000)
      const late = worker.handle(eventOf())
      assert.equal((await failed(late.outcome)).code, 'worker_stopping')
      assert.equal(late.begunAt(), undefined)
      release.resolve()
      assert.equal((await handled(running.outcome)).status, 202)
      await within('stopped', stopped)
      assert.deepEqual(await worker.ended, {})
      assert.equal(killed(), false)
    })

    test('a stop ends by force at its deadline', async () => {
      const { worker, killed } = await startPair(() => new Promise(() => undefined), { carrier })
      const task = worker.handle(eventOf())
      await within('stop', worker.stop(20), 1000)
      assert.ok(killed())
      assert.equal((await failed(task.outcome)).code, 'worker_lost')
    })

    test('a crash fails what was begun and says how; what was not begun says so and can be sent elsewhere', async () => {
      const { worker, crash } = await startPair(() => new Promise(() => undefined), { carrier })
      const begun = worker.handle(eventOf('begun'))
      await waitUntil('begun', () => begun.begunAt() !== undefined)
      assert.ok(Math.abs(performance.now() - begun.begunAt()!) < 1000)
      crash('fell over')
      const error = await failed(begun.outcome)
      assert.deepEqual([error.code, error.message, error.status], ['worker_lost', 'Worker 0 of test fell over', 500])
      assert.notEqual(begun.begunAt(), undefined)
      assert.equal((await worker.ended).error?.code, 'worker_lost')
      const stuck = await startPair(async () => answer({}), { carrier, stuck: true })
      const small = stuck.worker.handle(eventOf('first'))
      const waiting = stuck.worker.handle(eventOf(Buffer.alloc(100_000, 'w')))
      stuck.crash('fell over')
      assert.equal((await failed(waiting.outcome)).code, 'worker_lost')
      assert.deepEqual([small.begunAt(), waiting.begunAt()], [undefined, undefined])
      await stuck.worker.ended
    })

    test('a crash breaks streams that are on their way', async () => {
      async function* body(): AsyncGenerator<Buffer> {
        yield Buffer.from('one')
        await new Promise(() => undefined)
      }
      const { worker, crash } = await startPair(async () => answer({ body: body() }), { carrier })
      const response = await handled(worker.handle(eventOf()).outcome)
      const iterator = (response.body as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
      assert.equal(String((await iterator.next()).value), 'one')
      const next = iterator.next()
      crash('fell over')
      await assert.rejects(next, { code: 'worker_lost' })
      await assert.rejects(response.finished, { code: 'worker_lost' })
    })

    test('a host that breaks the rules is ended, and its events fail with what it did', async () => {
      for (const breach of [
        frame(frameType.response, 12345),
        frame(frameType.chunk, 12345, '', Buffer.from('x')),
        frame(frameType.log, 0, 'no json'),
        frame(frameType.event, 1),
        frame(99, 1),
      ]) {
        const { worker, hostChannel, killed } = await startPair(() => new Promise(() => undefined), { carrier })
        const task = worker.handle(eventOf())
        hostChannel.send(breach)
        assert.equal((await failed(task.outcome)).code, 'wire_broken', `type ${breach.type}`)
        assert.equal((await worker.ended).error?.code, 'wire_broken')
        assert.ok(killed())
      }
    })

    test('a start that fails rejects with the reason of the host', async () => {
      const row = { blame: 'user', retryable: false, help: 'export it' } as const
      const load = async (): Promise<void> => {
        throw new PeltonError('no_handler', 'there is no handler', row)
      }
      await assert.rejects(
        startPair(async () => answer({}), { carrier, load }),
        { code: 'no_handler', retryable: false },
      )
    })

    test('a start that is cancelled rejects when the host is gone', async () => {
      const load = (): Promise<void> => new Promise(() => undefined)
      const start = startPair(async () => answer({}), { carrier, load, signal: AbortSignal.timeout(20) })
      await assert.rejects(within('start', start), { code: 'worker_start_cancelled' })
    })

    test('an event that cannot be sent fails alone', async () => {
      const { worker, logs } = await startPair(async () => answer({}), { carrier, slots: 2 })
      const loop: Record<string, unknown> = {}
      loop.self = loop
      assert.equal((await failed(worker.handle(eventOf('', { extra: loop })).outcome)).code, 'event_unsendable')
      const huge = eventOf('', { topic: 'x'.repeat(maxMetaBytes + 1) })
      assert.equal((await failed(worker.handle(huge).outcome)).code, 'event_too_large')
      assert.deepEqual(
        logs.map(({ level, message, eventId }) => [level, message, eventId]),
        [
          ['error', 'event_unsendable', 'event-1'],
          ['error', 'event_too_large', 'event-1'],
        ],
      )
      for (let round = 0; round < 5; round++) await handled(worker.handle(eventOf()).outcome)
      await worker.stop(1000)
    })

    test('more events than slots are refused', async () => {
      const { worker } = await startPair(() => new Promise(() => undefined), { carrier, slots: 2 })
      for (let count = 0; count < 2; count++) void worker.handle(eventOf())
      assert.equal((await failed(worker.handle(eventOf()).outcome)).code, 'worker_full')
      await worker.stop(10)
    })

    test('a response that cannot be sent fails its event alone, and the log says why', async () => {
      const { worker, logs } = await startPair(async () => answer({ extra: { n: 1n } }), { carrier })
      assert.equal((await failed(worker.handle(eventOf()).outcome)).code, 'response_unsendable')
      assert.deepEqual(
        logs.map(({ level, message, eventId }) => [level, message, eventId]),
        [['error', 'response_unsendable', 'event-1']],
      )
      assert.match(String(logs[0]?.facts?.['reason']), /BigInt/)
      assert.ok(await worker.ping(1000))
      await worker.stop(1000)
    })

    test('records beyond what anybody reads are dropped and counted', async () => {
      const { worker, logs, hostHooks } = await startPair(async () => answer({}), { carrier })
      const message = 'x'.repeat(1000)
      for (let count = 0; count < 10_000; count++) hostHooks.log({ time: 1, level: 'info', message })
      assert.ok(await worker.ping(1000))
      hostHooks.log({ time: 1, level: 'info', message: 'after' })
      await waitUntil('the last record', () => logs.at(-1)?.message === 'after')
      const dropped = logs.find((record) => record.message === 'log_records_dropped')
      assert.equal(Number(dropped?.facts?.count) + logs.length - 2, 10_000)
      await worker.stop(1000)
    })
  })
}

test('a large body that the host was given and never began counts as begun: it cannot be sent elsewhere', async () => {
  const { worker, crash } = await startPair(async () => answer({}), { stuck: true })
  const task = worker.handle(eventOf(Buffer.allocUnsafeSlow(100_000)))
  crash('fell over')
  await failed(task.outcome)
  assert.notEqual(task.begunAt(), undefined)
})

test('a load that fails in an unknown way rejects with its text, for good', async () => {
  const load = (): Promise<void> => Promise.reject(new RangeError('out of luck'))
  const expected = { code: 'handler_not_loaded', retryable: false, message: /out of luck/ }
  await assert.rejects(
    startPair(async () => answer({}), { load }),
    expected,
  )
})

test('a response beyond the limit fails its event, and is not copied for that', async () => {
  const { worker, logs } = await startPair(async () => answer({ body: Buffer.allocUnsafeSlow(maxBodyBytes + 1) }))
  assert.equal((await failed(worker.handle(eventOf()).outcome)).code, 'response_too_large')
  assert.equal(logs[0]?.message, 'response_too_large')
  await worker.stop(1000)
})

test('an event beyond the limit fails at once', async () => {
  const { worker } = await startPair(async () => answer({}))
  const error = await failed(worker.handle(eventOf(Buffer.allocUnsafeSlow(maxBodyBytes + 1))).outcome)
  assert.deepEqual([error.code, error.status], ['event_too_large', 413])
  await worker.stop(1000)
})

test('a call without a result fails at its deadline, and a late result is ignored', async () => {
  const sent: OutFrame[] = []
  const channel = {
    send: (one: OutFrame) => void sent.push(one),
    open: () => undefined,
    backlog: () => 0,
    flushed: () => Promise.resolve(),
    close: () => undefined,
  }
  const clock = new FakeClock()
  const hooks = createWireHooks(channel, clock)
  const call = hooks.call('slow', 1)
  const rejection = assert.rejects(call, { code: 'call_timed_out', retryable: true })
  await waitUntil('the call', () => sent.length === 1)
  await clock.advance(30_000)
  await rejection
  const head = { type: frameType.result, flags: 0, code: 0, id: sent[0]!.id, metaLength: 0, bodyLength: 0 }
  hooks.onResult(new InFrame(head, Buffer.alloc(0)))
})

test('an answer leaves while later events of the same turn are still begun', async () => {
  const order: string[] = []
  const { worker } = await startPair(async (event) => {
    order.push(`begin ${event.body.toString()}`)
    return answer({})
  })
  const outcomes = Array.from({ length: 20 }, async (_, at) => {
    await worker.handle(eventOf(`${at}`)).outcome
    order.push(`end ${at}`)
  })
  await Promise.all(outcomes)
  assert.equal(order.length, 40)
  await worker.stop(1000)
})
