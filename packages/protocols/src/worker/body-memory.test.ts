import assert from 'node:assert/strict'
import { existsSync, readdirSync, readSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import { within } from '@pelton/testkit'
import { type BodyMemory, type BodyMemoryLimits, createBodyMemory, pageBytes, regionBodyBytes } from './body-memory.ts'
import { startScripted } from './fixtures/scripted-host.ts'
import { eventOf } from './fixtures/wire-pair.ts'
import { FrameBreach, frameFlag, frameType, memoryCode } from './frame.ts'

const skip = existsSync('/dev/shm') ? false : 'needs shared memory'

function createMemory(
  t: TestContext,
  limits: Partial<BodyMemoryLimits> = {},
): { memory: BodyMemory; warnings: string[] } {
  const warnings: string[] = []
  const memory = createBodyMemory((reason) => void warnings.push(reason), limits)
  assert.ok(memory)
  t.after(() => memory.close())
  return { memory, warnings }
}

const big = (fill: number, bytes = 300_000): Buffer => Buffer.alloc(bytes, fill)

test('a body lies whole in its region, in a file that has no name', { skip }, (t) => {
  const { memory } = createMemory(t)
  const [first, second] = [memory.place([big(1)]), memory.place([big(2)])]
  assert.ok(first && second && first.page !== second.page)
  const read = Buffer.alloc(300_000)
  readSync(memory.fd, read, 0, read.length, second.page * pageBytes)
  assert.ok(read.equals(big(2)))
  assert.ok(!readdirSync('/dev/shm').some((name) => name.startsWith('pelton-')))
})

test('a region is used again when it is free, never while it is used or kept', { skip }, (t) => {
  const { memory } = createMemory(t)
  const page = memory.place([big(1)])?.page ?? -1
  memory.keep(page)
  memory.release(page)
  const other = memory.place([big(2)])?.page ?? -1
  assert.notEqual(other, page)
  memory.restore(page)
  memory.release(other)
  const third = memory.place([big(3)])?.page
  const fourth = memory.place([big(4)])?.page
  assert.deepEqual(new Set([third, fourth]), new Set([page, other]))
})

test('what a host says of regions that it does not have breaks the wire', { skip }, (t) => {
  const { memory } = createMemory(t)
  assert.throws(() => memory.keep(0), FrameBreach)
  assert.throws(() => memory.restore(7), FrameBreach)
})

test('number and size are bounded; what has no room is told once and goes by the socket', { skip }, (t) => {
  const few = createMemory(t, { maxRegions: 2 })
  const places = [1, 2, 3, 4].map((fill) => few.memory.place([big(fill)]))
  assert.deepEqual(
    places.map((place) => place !== undefined),
    [true, true, false, false],
  )
  assert.equal(few.warnings.length, 1)
  const small = createMemory(t, { maxBytes: 1024 * 1024 })
  assert.ok(small.memory.place([big(1, 600_000)]))
  assert.equal(small.memory.place([big(1, 600_000)]), undefined)
  assert.match(small.warnings[0] ?? '', /1048576/)
})

test('without a memory file system there is none', () => {
  assert.equal(
    createBodyMemory(() => undefined, { folder: '/nowhere' }),
    undefined,
  )
})

test('a large body is sent as a place, and its region is free again after the answer', { skip }, async (t) => {
  const { memory } = createMemory(t)
  const { worker, send, received } = await startScripted(t, {}, memory)
  const pages: number[] = []
  for (const fill of [1, 2]) {
    const task = worker.handle(eventOf(big(fill, regionBodyBytes)))
    const event = (await received(frameType.event, fill)).at(-1)
    assert.ok(event)
    assert.ok(event.has(frameFlag.outside))
    const place = event.body()
    assert.equal(place.readUInt32LE(8), regionBodyBytes)
    pages.push(place.readUInt32LE(0))
    send({ type: frameType.response, id: event.id, code: 200 })
    await within('outcome', task.outcome)
  }
  assert.equal(pages[0], pages[1])
  const small = worker.handle(eventOf(big(3, regionBodyBytes - 1)))
  const sent = (await received(frameType.event, 3)).at(-1)
  assert.equal(sent?.body().length, regionBodyBytes - 1)
  send({ type: frameType.response, id: sent?.id ?? 0, code: 200 })
  await within('outcome', small.outcome)
})

test('a region that the handler keeps is spared until it is usable again', { skip }, async (t) => {
  const { memory } = createMemory(t)
  const { worker, send, received } = await startScripted(t, {}, memory)
  const pageOf = async (count: number): Promise<number> => {
    const task = worker.handle(eventOf(big(count)))
    const event = (await received(frameType.event, count)).at(-1)
    const page = event?.body().readUInt32LE(0) ?? -1
    if (count === 1) send({ type: frameType.memory, id: page, code: memoryCode.kept })
    if (count === 2) send({ type: frameType.memory, id: 0, code: memoryCode.usable })
    send({ type: frameType.response, id: event?.id ?? 0, code: 200 })
    await within('outcome', task.outcome)
    return page
  }
  const [first, second] = [await pageOf(1), await pageOf(2)]
  assert.notEqual(first, second)
  const third = await pageOf(3)
  assert.ok([first, second].includes(third))
})
