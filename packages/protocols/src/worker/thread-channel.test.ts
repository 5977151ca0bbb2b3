import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Worker as Thread } from 'node:worker_threads'
import { within } from '@pelton/testkit'
import type { Channel } from './channel.ts'
import { frame, type InFrame } from './frame.ts'
import { createThreadChannel, createThreadLink } from './thread-channel.ts'

/** A thread that sends every frame back, body and meta; `stall` blocks it for some milliseconds at a frame now and then. */
const echo = `
  const { workerData } = require('node:worker_threads')
  Promise.all([import(workerData.module), import(workerData.frame)]).then(([{ createThreadChannel }, { frame }]) => {
    const channel = createThreadChannel(workerData.link)
    let count = 0
    channel.open({
      onFrame(incoming) {
        if (workerData.stallEvery && ++count % workerData.stallEvery === 0) {
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3)
        }
        channel.send(frame(incoming.type, incoming.id, incoming.meta(), incoming.body()))
      },
      onClose: () => process.exit(),
    })
  })`

function startEcho(t: TestContext, stallEvery = 0): Channel {
  const { here, there, transfer } = createThreadLink()
  const module = new URL('./thread-channel.ts', import.meta.url).href
  const workerData = { link: there, stallEvery, module, frame: new URL('./frame.ts', import.meta.url).href }
  const thread = new Thread(echo, { eval: true, workerData, transferList: transfer })
  const channel = createThreadChannel(here)
  t.after(async () => {
    channel.close()
    await thread.terminate()
  })
  return channel
}

/** Collects frames; `next` resolves with the one after those given already. */
function inbox(channel: Channel): { next(): Promise<InFrame>; count(): number } {
  const frames: InFrame[] = []
  let waiting: ((incoming: InFrame) => void) | undefined
  let count = 0
  channel.open({
    onFrame(incoming) {
      count++
      if (waiting) waiting(incoming)
      else frames.push(incoming)
      waiting = undefined
    },
    onClose: () => undefined,
  })
  const next = (): Promise<InFrame> => {
    const first = frames.shift()
    return first ? Promise.resolve(first) : new Promise((resolve) => (waiting = resolve))
  }
  return { next, count: () => count }
}

test('no wake-up is lost in 20,000 single round trips', async (t) => {
  const channel = startEcho(t)
  const { next } = inbox(channel)
  for (let id = 1; id <= 20_000; id++) {
    channel.send(frame(2, id))
    // Now and then the other side has time to fall asleep, at all distances from its last frame.
    if (id % 97 === 0) await new Promise((resolve) => setTimeout(resolve, id % 3))
    else if (id % 7 === 0) await new Promise(setImmediate)
    assert.equal((await within(`echo ${id}`, next(), 3000)).id, id)
  }
})

test('small and large frames keep one order through the ring and past it', async (t) => {
  const channel = startEcho(t)
  const { next } = inbox(channel)
  const sizes = [0, 10, 1000, 15_000, 17_000, 100_000, 3, 16_300, 16_384, 40_000, 1]
  const total = 3000
  const bodyOf = (id: number): Buffer => Buffer.alloc(sizes[id % sizes.length]!, String(id))
  const send = async (): Promise<void> => {
    for (let id = 1; id <= total; id++) {
      channel.send(frame(2, id, id % 500 === 0 ? 'm'.repeat(30_000) : `meta ${id}`, bodyOf(id)))
      if (id % 50 === 0) await new Promise(setImmediate)
    }
  }
  const sent = send()
  for (let id = 1; id <= total; id++) {
    const incoming = await within(`echo ${id}`, next())
    assert.equal(incoming.id, id)
    assert.equal(incoming.meta(), id % 500 === 0 ? 'm'.repeat(30_000) : `meta ${id}`)
    assert.ok(incoming.body().equals(bodyOf(id)), `body of ${id}`)
  }
  await sent
})

test('frames that find the ring full wait, in order, and none is lost', async (t) => {
  const channel = startEcho(t, 500)
  const { next } = inbox(channel)
  const total = 5000
  for (let id = 1; id <= total; id++) channel.send(frame(2, id, '', Buffer.alloc(800, String(id))))
  assert.ok(channel.backlog() > 0)
  const flushed = channel.flushed()
  for (let id = 1; id <= total; id++) {
    const incoming = await within(`echo ${id}`, next())
    assert.equal(incoming.id, id)
    assert.ok(incoming.body().equals(Buffer.alloc(800, String(id))))
  }
  await within('flushed', flushed)
  assert.equal(channel.backlog(), 0)
})

test('memory that is not the sender own to give away is copied, and what is given away is transferred', () => {
  const { here, there } = createThreadLink()
  const channel = createThreadChannel(here)
  const pool = Buffer.from(new ArrayBuffer(200_000), 1000, 50_000)
  const shared = Buffer.from(new SharedArrayBuffer(50_000))
  const own = Buffer.allocUnsafeSlow(50_000)
  for (const body of [pool, shared, own]) channel.send({ ...frame(2, 1, '', body), owned: true })
  assert.deepEqual([pool.length, shared.length, own.length], [50_000, 50_000, 0])
  const kept = Buffer.allocUnsafeSlow(50_000)
  channel.send(frame(2, 1, '', kept))
  assert.equal(kept.length, 50_000)
  channel.close()
  there.wake.close()
})

test('an empty body behind a large meta is not taken away: other events have the same one', () => {
  const { here, there } = createThreadLink()
  const channel = createThreadChannel(here)
  const empty = new Uint8Array(0)
  channel.send({ ...frame(2, 1, 'x'.repeat(50_000), empty), owned: true })
  assert.equal(empty.buffer.detached, false)
  channel.send({ ...frame(2, 2, '', empty), owned: true })
  channel.close()
  there.wake.close()
})

test('frames that arrived before the other side ended are still given', () => {
  const { here, there } = createThreadLink()
  const [near, far] = [createThreadChannel(here), createThreadChannel(there)]
  const ids: number[] = []
  let closed = false
  near.open({ onFrame: ({ id }) => void ids.push(id), onClose: () => (closed = true) })
  far.send(frame(2, 1))
  far.send(frame(2, 2, '', Buffer.alloc(50_000)))
  near.close()
  far.close()
  assert.deepEqual(ids, [1, 2])
  assert.ok(closed)
})
