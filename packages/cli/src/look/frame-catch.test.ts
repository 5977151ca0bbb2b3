import assert from 'node:assert/strict'
import { test } from 'node:test'
import { within } from '@pelton/testkit'
import { FrameCatch, type StartDecoding } from './frame-catch.ts'
import type { WatchedUnit } from './observer.ts'

const unit = (text: string, isKey = true): WatchedUnit => ({
  bytes: Buffer.from(text),
  isKey,
  isAfterLoss: false,
  size: undefined,
})
const neverDecodes: StartDecoding = () => assert.fail('nothing is to be decoded')

test('of a JPEG source the first frame is caught, of access units the first key picture as it came', async () => {
  const jpeg = new FrameCatch('a.JPG', neverDecodes)
  jpeg.begin('jpeg')
  jpeg.take(unit('one'))
  jpeg.take(unit('two'))
  assert.equal((await within('a frame', jpeg.caught)).toString(), 'one')
  for (const [file, codec] of [
    ['a.h264', 'h264'],
    ['a.hevc', 'h265'],
  ] as const) {
    const units = new FrameCatch(file, neverDecodes)
    units.begin(codec)
    units.take(unit('p', false))
    units.take(unit('key'))
    assert.equal((await within('a frame', units.caught)).toString(), 'key')
  }
})

test('a .jpg of H.264 is decoded, again from the start when the source comes anew, and not after the end', async () => {
  const pushed: string[] = []
  let closed = 0
  const frames = new FrameCatch('a.jpg', (codec, { onPicture }) => ({
    push: ({ bytes }) => {
      pushed.push(`${codec} ${bytes.toString()}`)
      if (bytes.toString() === 'b') onPicture(Buffer.from('picture'))
    },
    close: () => void (closed += 1),
  }))
  frames.begin('h264')
  frames.take(unit('a'))
  frames.begin('h265')
  frames.take(unit('b'))
  frames.close()
  frames.take(unit('c'))
  assert.deepEqual([pushed, closed], [['h264 a', 'h265 b'], 2])
  assert.equal((await within('a frame', frames.caught)).toString(), 'picture')
})

test('a file that cannot hold what the source sends is refused with one that can', async () => {
  assert.throws(() => new FrameCatch('a.png', neverDecodes), {
    code: 'wrong_usage',
    message: '--save: expected a file that ends with .jpg, .h264 or .h265, got "a.png"',
  })
  for (const [file, codec, reason] of [
    ['a.h264', 'jpeg', /sends JPEG: choose a file that ends with \.jpg$/],
    ['a.h264', 'h265', /sends H\.265: choose a file that ends with \.jpg or \.h265$/],
    ['a.jpg', 'sound', /sends sound and no pictures$/],
  ] as const) {
    const frames = new FrameCatch(file, neverDecodes)
    frames.begin(codec)
    frames.take(unit('x'))
    await assert.rejects(frames.caught, { code: 'frame_unsavable', message: reason })
  }
})

test('without a decoder the reason of that is told', async () => {
  const missing = new Error('install one')
  const frames = new FrameCatch('a.jpg', (_codec, { onFailed }) => {
    onFailed(missing)
    return { push: () => undefined, close: () => undefined }
  })
  frames.begin('h264')
  await assert.rejects(frames.caught, missing)
})
