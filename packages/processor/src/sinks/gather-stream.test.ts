import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '@pelton/testkit'
import { GatherBudget, type Gathered, GatheringStream } from './gather-stream.ts'

interface Setting {
  stream: GatheringStream
  ends: Gathered[]
  clock: FakeClock
  budget: GatherBudget
}

function setting(
  body: AsyncIterable<Uint8Array>,
  { mostBytes = 100, budget = new GatherBudget(1000), finished = Promise.resolve() } = {},
): Setting {
  const ends: Gathered[] = []
  const clock = new FakeClock()
  const onEnd = (gathered: Gathered): void => void ends.push(gathered)
  return { stream: new GatheringStream(body, finished, { mostBytes, budget, clock, onEnd }), ends, clock, budget }
}

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text)
}

async function read(stream: AsyncIterable<Uint8Array>): Promise<string[]> {
  const texts: string[] = []
  for await (const chunk of stream) texts.push(Buffer.from(chunk).toString())
  return texts
}

const never = new Promise<void>(() => undefined)

test('the reader gets its chunks as they were, and all of them are gathered', async () => {
  const given = [Buffer.from('ab'), Buffer.from(''), Buffer.from('c')]
  const { stream, ends, budget } = setting(
    (async function* () {
      yield* given
    })(),
    { finished: never, budget: new GatherBudget(3) },
  )
  const got: Uint8Array[] = []
  for await (const chunk of stream) got.push(chunk)
  assert.deepEqual(
    got.map((chunk, i) => chunk === given[i]),
    [true, true, true],
  )
  assert.equal(ends.length, 1)
  assert.equal('body' in ends[0]! && Buffer.from(ends[0].body).toString(), 'abc')
  assert.equal(budget.take(3), true, 'what was gathered is given back')
})

test('more than may be gathered is not, and the reader reads on', async () => {
  const { stream, ends } = setting(chunks('12345', '6', '7'), { mostBytes: 5 })
  assert.deepEqual(await read(stream), ['12345', '6', '7'])
  assert.deepEqual(ends, [{ lost: 'too_large' }])
})

test('streams together gather no more than their budget', async () => {
  const budget = new GatherBudget(8)
  const one = setting(chunks('12345'), { budget })
  const other = setting(chunks('12345'), { budget })
  const first = one.stream.next()
  await first
  await read(other.stream)
  assert.deepEqual(other.ends, [{ lost: 'queue_full' }])
  await read(one.stream)
  assert.equal('body' in one.ends[0]!, true)
  assert.equal(budget.take(8), true)
})

test('a stream that breaks off is broken for its reader and lost for the sinks', async () => {
  const { stream, ends } = setting(
    (async function* () {
      yield Buffer.from('a')
      throw new Error('broke')
    })(),
    { finished: never },
  )
  await assert.rejects(read(stream), /broke/)
  assert.deepEqual(ends, [{ lost: 'broken_stream' }])
})

test('a reader that leaves lets its producer go', async () => {
  let isLeft = false
  const { stream, ends } = setting(
    (async function* () {
      try {
        yield Buffer.from('a')
        yield Buffer.from('b')
      } finally {
        isLeft = true
      }
    })(),
    { finished: never },
  )
  for await (const _ of stream) break
  assert.equal(isLeft, true)
  assert.deepEqual(ends, [{ lost: 'broken_stream' }])
})

test('a producer that breaks off before anybody reads is known by its end', async () => {
  const finished = Promise.reject(new Error('gone'))
  const { ends } = setting(chunks('a'), { finished })
  await assert.rejects(finished)
  assert.deepEqual(ends, [{ lost: 'broken_stream' }])
})

test('a stream that nobody reads is lost ten seconds after its end; a late reader is not', async () => {
  const unread = setting(chunks('a'))
  const late = setting(chunks('a'))
  await unread.clock.advance(9999)
  await late.clock.advance(9999)
  assert.deepEqual(await read(late.stream), ['a'])
  assert.deepEqual(unread.ends, [])
  await unread.clock.advance(1)
  assert.deepEqual(unread.ends, [{ lost: 'unread' }])
  assert.equal('body' in late.ends[0]!, true)
  assert.equal(late.clock.pending + unread.clock.pending, 0)
})

test('a hundred thousand small chunks cost no more than their bytes', async () => {
  const one = Buffer.from('x')
  const { stream, ends } = setting(
    (async function* () {
      for (let i = 0; i < 100_000; i++) yield one
    })(),
    { mostBytes: 1_000_000, budget: new GatherBudget(1_000_000), finished: never },
  )
  for await (const _ of stream);
  const [end] = ends
  assert.ok(end && 'body' in end)
  assert.equal(end.body.length, 100_000)
  assert.ok(end.body.buffer.byteLength <= 200_000)
})
