import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { describe, test } from 'node:test'
import { PeltonError, type SinkItem, schema } from '@pelton/core'
import { describeSink } from './describe-sink.ts'
import { type Fault, type WireAttributes, type WireTarget, wireSink } from './fixtures/wire-sink.ts'
import { sinkChecks } from './sink-checks.ts'
import type { SinkUnderTest } from './sink-under-test.ts'

const inOrder = 'it delivers what is written, in order'
const closing = 'closing delivers what was taken, and is harmless twice'
const again = 'it leaks nothing, and can be opened again after a close'
const slow = 'a write waits while its target does not read, and nothing is lost'
const stuck = 'it closes within its deadline although its target does not read'
const lost = 'a write ends, either way, after its target was lost'
const lostWaiting = 'a write that waits ends, either way, when its target is lost'
const noticed = 'it says once that its target was lost, without a write'
const closed = 'closing it is no loss'
const reopened = 'after a loss it holds nothing, and can be opened again'

describeSink('a sink on a socket', wireSink())

describe('the contract of sinks finds', () => {
  finds('answers in another order', inOrder, /item 0 expected, got 262144 bytes "item 1/, swapsItems)
  finds('a write that never ends', inOrder, /the write of item 0: not within/, () => ({ write: never }))
  finds('an answer that closing forgets', closing, /item 2: not within/, keepsTheLast)
  finds('a second close that fails', closing, /second/, (sink) => ({ close: failSecond(sink.close) }))
  finds('a sink that opens only once', again, /second/, (sink) => ({ open: failSecond(sink.open) }))
  finds('a connection left behind', again, /left behind: .*TCPSocketWrap/, leavesConnection)
  finds('a queue without a bound', slow, /it took 256 items/, (sink) => ({
    // Nobody waits for these writes, that is the fault; they fail when the sink is closed.
    write: async (item) => void sink.write(item).catch(() => undefined),
  }))
  finds('a close that waits for a silent target', stuck, /close: not within/, (sink) => ({
    close: () => sink.close(100_000),
  }))
  finds('a write that never ends after a loss', lost, /a write after the loss: not within/, (sink) => ({
    write: (item) => sink.write(item).catch(never),
  }))
  finds('a waiting write that a loss leaves waiting', lostWaiting, /the write that waited: not within/, (sink) => ({
    write: (item) => sink.write(item).catch(never),
  }))
  finds('a waiting write that closing leaves waiting', stuck, /the write that waited: not within/, (sink) => ({
    write: (item) => sink.write(item).catch(never),
  }))

  finds('a loss that it keeps to itself', noticed, /a call of `lost`: not within/, (sink) => ({
    open: () => sink.open(() => undefined),
  }))
  finds('a loss that it says twice', noticed, /it said so again/, (sink) => ({
    open: (lost) => sink.open((error) => (lost(error), lost(error))),
  }))
  finds('a close that it takes for a loss', closed, /wire_lost|deep-equal/, saysLossAtClose)
  finds('a connection left behind by a loss', reopened, /left behind: .*Timeout/, (sink) => ({
    open: (lost) => sink.open((error) => (lost(error), void setTimeout(() => undefined, 3000))),
  }))
  finds('a sink that a loss has spoilt', reopened, /second/, (sink) => ({ open: failSecond(sink.open) }))

  test('attributes that take anything, and one without a word of explanation', async () => {
    const attributes = schema.object({ port: schema.integer() }, { unknownKeys: 'keep' })
    const lax = wireSink(undefined, attributes)
    await assert.rejects(check('it names an unknown attribute', lax), /no_such_key/)
    await assert.rejects(check('every attribute says what it means', lax), /port has no doc/)
  })
})

test('what a target cannot do is not asked of its sink', () => {
  const { manifest, startTarget } = wireSink()
  const names = sinkChecks({ manifest, startTarget }).map(({ name }) => name)
  const asked = [slow, stuck, lost, lostWaiting, noticed, closed, reopened]
  for (const name of asked) assert.ok(!names.includes(name), name)
  assert.equal(names.length + asked.length, sinkChecks(wireSink()).length)
})

function finds(what: string, name: string, message: RegExp, fault: Fault): void {
  test(what, () => assert.rejects(check(name, wireSink(fault)), message))
}

async function check(name: string, kind: SinkUnderTest<WireAttributes, WireTarget>): Promise<void> {
  const found = sinkChecks(kind, 1_000).find((one) => one.name === name)
  assert.ok(found, name)
  await found.run()
}

function swapsItems(sink: Parameters<Fault>[0]): ReturnType<Fault> {
  let held: SinkItem | undefined
  return {
    async write(item) {
      const earlier = held
      held = earlier ? undefined : item
      if (!earlier) return
      await sink.write(item)
      await sink.write(earlier)
    },
  }
}

function keepsTheLast(sink: Parameters<Fault>[0]): ReturnType<Fault> {
  let last: SinkItem | undefined
  return {
    async write(item) {
      if (last) await sink.write(last)
      last = item
    },
  }
}

function leavesConnection(sink: Parameters<Fault>[0], { port }: WireAttributes): ReturnType<Fault> {
  return {
    async open(lost) {
      // Its end comes with the target's.
      await once(
        net.connect(port, '127.0.0.1').on('error', () => undefined),
        'connect',
      )
      await sink.open(lost)
    },
  }
}

function saysLossAtClose(sink: Parameters<Fault>[0]): ReturnType<Fault> {
  let say: Parameters<typeof sink.open>[0] = () => undefined
  return {
    open: (lost) => sink.open((say = lost)),
    async close(deadlineMs) {
      await sink.close(deadlineMs)
      say(new PeltonError('wire_lost', 'closed', { blame: 'bug', retryable: true, help: '' }))
    },
  }
}

function failSecond<Given extends unknown[]>(action: (...given: Given) => Promise<void>) {
  let count = 0
  return async (...given: Given): Promise<void> => {
    count += 1
    if (count === 2) throw new Error('the second fails')
    await action(...given)
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined)
}
