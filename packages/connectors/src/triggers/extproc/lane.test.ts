import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { BodyMode, Part, ProcessingRequest } from '@pelton/protocols/ext-proc'
import { Direction } from './direction.ts'
import { GatheredBody } from './gathered-body.ts'
import { Lane } from './lane.ts'
import { requestParts, responseParts } from './replies.ts'
import type { Side } from './side.ts'

function message(part: Part, bytes = 0, endOfStream = false): ProcessingRequest {
  const facts = { metadata: undefined, attributes: undefined, observabilityMode: false, bodyModes: undefined }
  return { part, headers: [], body: Buffer.alloc(bytes), endOfStream, ...facts }
}

/** A lane whose sides are busy with each message until `answer` is called. */
function busyLane(mode: BodyMode = 'BUFFERED'): { lane: Lane; answer: () => void; taken: () => number } {
  const answers: (() => void)[] = []
  let taken = 0
  const direction = new Direction({ requestIdHeader: '', requestIdFallback: '' })
  const sideOf = (isRequest: boolean): Side => ({
    facts: { isRequest, isHandled: true, parts: isRequest ? requestParts : responseParts, direction },
    mode,
    isDone: false,
    take: () => new Promise((resolve) => answers.push(resolve, () => void (taken += 1))),
    takeOversized: () => undefined,
    changeMode: () => undefined,
    noteAnswered: () => undefined,
    finish: () => undefined,
  })
  const answer = (): void => {
    for (const each of answers.splice(0)) each()
  }
  return { lane: new Lane(sideOf(true), sideOf(false), () => undefined), answer, taken: () => taken }
}

describe('a lane', () => {
  test('is full of a megabyte that waits, and of a thousand messages without a byte', () => {
    const large = busyLane().lane
    const empty = busyLane().lane
    for (let count = 0; count < 3; count += 1) assert.ok(large.take(message('requestBody', 512 * 1024), 0))
    assert.equal(large.isFull, false)
    large.take(message('requestBody', 1), 0)
    assert.equal(large.isFull, true)
    for (let count = 0; count < 1025; count += 1) assert.ok(empty.take(message('requestBody'), 0))
    assert.equal(empty.isFull, false)
    empty.take(message('requestBody'), 0)
    assert.equal(empty.isFull, true)
  })

  test('gives one message after another, and has room again', async () => {
    const { lane, answer, taken } = busyLane()
    for (let count = 0; count < 4; count += 1) lane.take(message('requestBody', 512 * 1024), 0)
    assert.deepEqual([lane.isFull, lane.isBusy], [true, true])
    for (let count = 0; count < 4; count += 1) {
      assert.equal(taken(), count)
      answer()
      await new Promise(setImmediate)
    }
    assert.deepEqual([lane.isFull, lane.isBusy, taken()], [false, false, 4])
  })

  test('gives what comes of the response when the request has its reply', async () => {
    const { lane, answer, taken } = busyLane()
    lane.take(message('requestHeaders'), 0)
    lane.take(message('responseHeaders'), 0)
    answer()
    await new Promise(setImmediate)
    assert.deepEqual([taken(), lane.isBusy], [1, true])
    answer()
    await new Promise(setImmediate)
    assert.deepEqual([taken(), lane.isBusy], [2, false])
  })

  test('lets the directions go on side by side where bodies are streamed', () => {
    const { lane, answer, taken } = busyLane('STREAMED')
    lane.take(message('requestBody'), 0)
    lane.take(message('requestBody'), 0)
    lane.take(message('responseHeaders'), 0)
    answer()
    assert.equal(taken(), 2)
  })

  test('refuses headers behind a body, and anything behind the end', () => {
    const { lane } = busyLane()
    assert.ok(lane.take(message('requestBody'), 0))
    assert.ok(!lane.take(message('requestHeaders'), 0))
    assert.ok(lane.take(message('requestTrailers'), 0))
    assert.ok(!lane.take(message('requestBody'), 0))
    assert.ok(!lane.takeOversized('requestBody', 0))
    assert.ok(!lane.takeOversized('responseHeaders', 0))
    assert.ok(lane.takeOversized('responseBody', 0))
  })
})

test('a body that is put together keeps no pieces without bytes', () => {
  const gathered = new GatheredBody()
  for (const text of ['', 'a', '', 'b', '']) gathered.add(Buffer.from(text))
  assert.deepEqual([gathered.bytes, String(gathered.join())], [2, 'ab'])
})
