import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '@pelton/testkit'
import { codeQuarters } from './fixtures/coded-jpeg.ts'
import { notingTaker, type NotingTaker } from './fixtures/noting-taker.ts'
import { openStillDecoder } from './still-decoder.ts'
import type { DecodingTaker, UnitToDecode, VideoDecoder } from './video-decoder.ts'

const jpeg = codeQuarters({ width: 16, height: 16 })

interface Still {
  decoder: VideoDecoder
  taker: NotingTaker
  clock: FakeClock
  /** Tags of what the decoder was given. */
  given: number[]
  inner: DecodingTaker
  push(tag: number, due?: UnitToDecode['due'], bytes?: Buffer): void
  /** The decoder has made a picture of the unit. */
  give(tag: number): void
  counts: { wants: number; closes: number }
}

/** A decoder of which a test says what it does. */
async function set(): Promise<Still> {
  const given: number[] = []
  const counts = { wants: 0, closes: 0 }
  const taker = notingTaker()
  const clock = new FakeClock()
  let inner: DecodingTaker = taker
  const open = (options: { taker: DecodingTaker }): Promise<VideoDecoder> => {
    inner = options.taker
    return Promise.resolve({
      by: 'fake',
      push({ tag, due }) {
        assert.equal(due, 'always')
        given.push(tag)
      },
      want: () => void (counts.wants += 1),
      close: () => void (counts.closes += 1),
    })
  }
  const decoder = await openStillDecoder({ codec: 'jpeg', format: 'rgb', taker }, open, clock)
  return {
    decoder,
    taker,
    clock,
    given,
    inner,
    push: (tag, due = 'always', bytes = jpeg) => decoder.push({ bytes, isKey: true, tag, due }),
    give: (tag) => inner.onPicture({ bytes: jpeg, width: 16, height: 16, tag, place: tag }),
    counts,
  }
}

const settled = (): Promise<void> => Promise.resolve()

test('one picture is decoded for each that is wanted: the newest due one', async () => {
  const { decoder, push, give, given, taker, counts } = await set()
  assert.equal(decoder.by, 'fake')
  push(1)
  push(2, 'never')
  push(3, 'ifWaiting')
  assert.deepEqual(given, [])
  decoder.want()
  decoder.want()
  push(4)
  push(5)
  push(6, 'never')
  assert.deepEqual(given, [3])
  give(3)
  assert.deepEqual(given, [3], 'nobody wants another one')
  decoder.want()
  assert.deepEqual(given, [3, 5])
  give(5)
  decoder.want()
  push(7, 'ifWaiting')
  push(8)
  assert.deepEqual([given, counts.wants], [[3, 5, 8], 3])
  await settled()
  assert.equal(taker.superseded, 2)
  assert.deepEqual(
    taker.pictures.map(({ tag }) => tag),
    [3, 5],
  )
})

test('in the place of a damaged one comes the next', async () => {
  const { decoder, push, give, given, inner, taker } = await set()
  decoder.want()
  push(1)
  push(2)
  inner.onDropped(1, 'damaged')
  assert.deepEqual([given, taker.dropped.damaged], [[1, 2], 1])
  give(2)
  push(3)
  assert.deepEqual(given, [1, 2])
})

test('what is no image, or too large a one, does not reach the decoder', async () => {
  const { decoder, push, given, taker } = await set()
  const large = Buffer.from(jpeg)
  const header = large.indexOf(Buffer.of(0xff, 0xc0, 0, 17))
  large.fill(0xff, header + 5, header + 9)
  decoder.want()
  push(1, 'always', Buffer.from('none'))
  push(2, 'always', large)
  assert.deepEqual(taker.dropped, { damaged: 0, decoder_late: 0 }, 'not within the call')
  await settled()
  assert.deepEqual(taker.dropped, { damaged: 2, decoder_late: 0 })
  push(3)
  assert.deepEqual(given, [3])
})

test('a decoder that says nothing of a picture for half a second gets the next one, also one that stands for it', async () => {
  const { decoder, push, give, given, clock, taker, inner } = await set()
  decoder.want()
  push(1)
  await clock.advance(500)
  push(2, 'ifWaiting')
  await clock.advance(1)
  push(3, 'never')
  push(4, 'ifWaiting')
  assert.deepEqual(given, [1, 4])
  await clock.advance(501)
  inner.onDropped(1, 'damaged')
  give(4)
  push(5)
  assert.deepEqual(given, [1, 4])
  await settled()
  assert.deepEqual([taker.superseded, taker.dropped.damaged], [0, 1])
})

test('after a loss and after close nothing is told or decoded', async () => {
  const lost = await set()
  lost.push(1)
  lost.push(2)
  lost.inner.onLost('it ended')
  lost.inner.onLost('again')
  lost.decoder.want()
  await settled()
  assert.deepEqual([lost.taker.lost, lost.taker.superseded, lost.given], [['it ended'], 0, []])
  lost.decoder.close()
  assert.equal(lost.counts.closes, 1)
  const closed = await set()
  closed.decoder.want()
  closed.push(1)
  closed.decoder.close()
  closed.give(1)
  closed.inner.onDropped(1, 'damaged')
  closed.inner.onLost('it ended')
  closed.push(2)
  assert.deepEqual([closed.taker.calls, closed.given], [0, [1]])
})
