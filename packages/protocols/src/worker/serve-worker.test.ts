import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import type { EventData, HandleOptions, Outcome, Task } from '@pelton/core'
import { waitUntil, within } from '@pelton/testkit'
import { createBegunMemory, openBegunMemory } from './begun-table.ts'
import { abortCode, frame, frameFlag, frameType, type InFrame, type OutFrame } from './frame.ts'
import { answer, carriers } from './fixtures/wire-pair.ts'
import { serveWorker } from './serve-worker.ts'
import { createWireHooks } from './wire-hooks.ts'

interface Handled {
  event: EventData
  options: HandleOptions | undefined
  settle(outcome: Outcome): void
}

/** A host whose events a test settles, and Pelton's end of its wire. */
interface Host {
  send(...frames: (Partial<OutFrame> & { type: number })[]): void
  /** The frames of a type that came; waits for so many. */
  received(type: number, count?: number): Promise<InFrame[]>
  /** Each call of the handler with its events; waits for so many. */
  called(count: number): Promise<Handled[][]>
  begun(id: number): boolean
  ended: Promise<void>
}

async function startHost(t: TestContext, carrier: keyof typeof carriers, batches = true): Promise<Host> {
  const [here, there] = carriers[carrier]()
  const frames: InFrame[] = []
  const calls: Handled[][] = []
  const marks = openBegunMemory(createBegunMemory(64))
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  const handle = (event: EventData, options?: HandleOptions): Task & Handled => {
    const { promise: outcome, resolve: settle } = Promise.withResolvers<Outcome>()
    return { event, options, settle, outcome, begunAt: () => undefined }
  }
  const called = <T extends Handled[]>(call: T): T => (calls.push(call), call)
  serveWorker({
    channel: there,
    hooks: createWireHooks(there),
    begun: marks,
    load: async () => ({
      worker: {
        handle: (event, options) => called([handle(event, options)] as [Task & Handled])[0],
        ...(batches
          ? { handleBatch: (events, options) => called(events.map((one, at) => handle(one, options[at]))) }
          : {}),
      },
      trigger: { kind: 'http', name: 'http' },
    }),
    onEnd() {
      there.close()
      end()
    },
  })
  here.open({ onFrame: (incoming) => void frames.push(incoming), onClose: () => undefined })
  t.after(() => here.close())
  const host: Host = {
    send: (...given) => given.forEach(({ type, ...rest }) => here.send({ ...frame(type, 0), ...rest })),
    async received(type, count = 1) {
      const matching = (): InFrame[] => frames.filter((one) => one.type === type)
      await waitUntil(`${count} frames of type ${type}`, () => matching().length >= count)
      return matching()
    },
    async called(count) {
      await waitUntil(`${count} calls`, () => calls.length >= count)
      return calls
    },
    begun: (id) => marks.read(id) !== undefined,
    ended,
  }
  host.send({ type: frameType.start, meta: '{}' })
  await host.received(frameType.ready)
  return host
}

const event = (id: number, body = `${id}`): Partial<OutFrame> & { type: number } => ({
  type: frameType.event,
  id,
  flags: frameFlag.abortable,
  meta: JSON.stringify({ id: `event-${id}`, timestamp: 0, method: 'POST', path: '/', contentType: '', headers: {} }),
  body: Buffer.from(body),
})

const bodies = (call: Handled[] | undefined): string[] => (call ?? []).map(({ event: { body } }) => String(body))

for (const carrier of Object.keys(carriers) as (keyof typeof carriers)[]) {
  describe(`a host over ${carrier}`, () => {
    test('the events of a batch are begun in one call, between those around it, and answered one by one', async (t) => {
      const host = await startHost(t, carrier)
      host.send(
        event(1),
        { type: frameType.batch, code: 3 },
        event(2),
        event(3, 'x'.repeat(50_000)),
        event(4),
        event(5),
      )
      const calls = await host.called(3)
      assert.deepEqual(calls.map(bodies), [['1'], ['2', 'x'.repeat(50_000), '4'], ['5']])
      assert.deepEqual(
        calls[1]?.map(({ event: { id } }) => id),
        ['event-2', 'event-3', 'event-4'],
      )
      for (const id of [2, 3, 4]) assert.ok(host.begun(id))
      calls[1]?.[2]?.settle(answer({ body: Buffer.from('last') }))
      calls[1]?.[0]?.settle(answer({ status: 201 }))
      const responses = await host.received(frameType.response, 2)
      assert.deepEqual(
        responses.map(({ id, code }) => [id, code]),
        [
          [4, 200],
          [2, 201],
        ],
      )
    })

    test('a batch begins when its last event has come, also with events whose caller has left meanwhile', async (t) => {
      const host = await startHost(t, carrier)
      host.send(
        { type: frameType.batch, code: 2 },
        event(1),
        { type: frameType.abort, id: 1 },
        { type: frameType.ping, id: 9 },
      )
      await host.received(frameType.pong)
      assert.deepEqual(await host.called(0), [])
      assert.ok(!host.begun(1))
      host.send(event(2))
      const [batch] = await host.called(1)
      assert.deepEqual(
        batch?.map(({ options }) => options?.signal?.aborted),
        [true, false],
      )
    })

    test('each event of a batch has a signal of its own', async (t) => {
      const host = await startHost(t, carrier)
      host.send({ type: frameType.batch, code: 2 }, event(1), event(2))
      const [batch] = await host.called(1)
      const signals = batch?.map(({ options }) => options?.signal)
      host.send({ type: frameType.abort, id: 2 })
      await waitUntil('the abort', () => signals?.[1]?.aborted ?? false)
      assert.ok(!signals?.[0]?.aborted)
    })

    test('a signal says whether the caller has left or the deadline is over', async (t) => {
      const host = await startHost(t, carrier)
      host.send(event(1), event(2))
      const calls = await host.called(2)
      const signals = calls.map(([one]) => one?.options?.signal)
      host.send({ type: frameType.abort, id: 1 }, { type: frameType.abort, id: 2, code: abortCode.deadline })
      await waitUntil('both aborts', () => signals.every((signal) => signal?.aborted))
      assert.deepEqual(
        signals.map((signal) => (signal?.reason as Error | undefined)?.name),
        ['AbortError', 'TimeoutError'],
      )
    })

    test('a host that is stopped ends when the last event of a batch is answered', async (t) => {
      const host = await startHost(t, carrier)
      host.send({ type: frameType.batch, code: 2 }, event(1), event(2), { type: frameType.stop })
      const [batch] = await host.called(1)
      batch?.[0]?.settle(answer({}))
      await host.received(frameType.response)
      let over = false
      void host.ended.then(() => (over = true))
      host.send({ type: frameType.ping, id: 1 })
      await host.received(frameType.pong)
      assert.ok(!over)
      batch?.[1]?.settle(answer({}))
      await within('end', host.ended)
      assert.equal((await host.received(frameType.response, 2)).length, 2)
    })

    for (const [what, frames, batches] of [
      ['a batch for a handler of single events', [{ type: frameType.batch, code: 1 }], false],
      ['an empty batch', [{ type: frameType.batch, code: 0 }], true],
      [
        'a batch inside a batch',
        [{ type: frameType.batch, code: 2 }, event(1), { type: frameType.batch, code: 1 }],
        true,
      ],
    ] as const) {
      test(`${what} breaks the wire`, async (t) => {
        const host = await startHost(t, carrier, batches)
        host.send(...frames)
        await within('end', host.ended)
      })
    }
  })
}
