import assert from 'node:assert/strict'
import { chmod, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { createTempFolder, FakeClock, waitUntil } from '@pelton/testkit'
import { FfmpegDecoder } from './ffmpeg-decoder.ts'
import { notingTaker, type NotingTaker, pushUnit } from '../fixtures/noting-taker.ts'

const set = Buffer.from('0000000167640028acd9405005bb011000000300100000030320f183196000000168ebe3cb22c0', 'hex')
const key = { bytes: Buffer.concat([set, Buffer.from('0000000165888400', 'hex')]), isKey: true }
const next = { bytes: Buffer.from('000000014188', 'hex'), isKey: false }

interface Faked {
  decoder: FfmpegDecoder
  taker: NotingTaker
  clock: FakeClock
  folder: string
}

/** A decoder whose program is a script. */
async function fake(t: TestContext, script: string): Promise<Faked> {
  const folder = await createTempFolder(t, {
    ffmpeg: `#!/bin/sh\ncd "$(dirname "$0")"\necho $$ >> started\n${script}\n`,
  })
  const program = join(folder, 'ffmpeg')
  await chmod(program, 0o755)
  const taker = notingTaker()
  const clock = new FakeClock()
  const decoder = new FfmpegDecoder({ codec: 'h264', format: 'rgb', taker, program, clock })
  t.after(() => decoder.close())
  return { decoder, taker, clock, folder }
}

async function startsOf(folder: string): Promise<string[]> {
  return (await readFile(join(folder, 'started'), 'utf8').catch(() => '')).split('\n').slice(0, -1)
}

function isRunning(pid: string): boolean {
  try {
    return process.kill(Number(pid), 0)
  } catch {
    return false
  }
}

test('a process that decodes nothing is late, and is exchanged at a key picture, but not at each', async (t) => {
  const { decoder, taker, clock, folder } = await fake(t, 'cat > /dev/null')
  pushUnit(decoder, key, { tag: 1 })
  pushUnit(decoder, next, { tag: 2 })
  await clock.advance(2_001)
  pushUnit(decoder, next, { tag: 3 })
  pushUnit(decoder, key, { tag: 4 })
  await waitUntil('the units that came too fast', () => taker.dropped.decoder_late === 2)
  const first = await waitUntil('the first process', async () => (await startsOf(folder))[0])
  await clock.advance(3_000)
  pushUnit(decoder, key, { tag: 5 })
  await waitUntil('those that were in it', () => taker.dropped.decoder_late === 4)
  await waitUntil('another process', async () => (await startsOf(folder)).length === 2)
  await waitUntil('the first is gone', () => !isRunning(first!))
  decoder.close()
  const [, second] = await startsOf(folder)
  await waitUntil('no process is left', () => !isRunning(second!))
  assert.deepEqual([taker.lost, taker.pictures.length], [[], 0])
})

test('a process that ends, and one that writes nonsense, are a loss with the reason', async (t) => {
  const gone = await fake(t, 'echo first >&2; echo "it cannot" >&2; exit 3')
  pushUnit(gone.decoder, key, { tag: 1 })
  await waitUntil('the loss', () => gone.taker.lost.length > 0)
  assert.deepEqual(gone.taker.lost, ['exited with code 3: it cannot'])
  pushUnit(gone.decoder, key, { tag: 2 })
  const nonsense = await fake(t, 'echo "0, 1, 2" >&3; cat > /dev/null')
  pushUnit(nonsense.decoder, key, { tag: 1 })
  await waitUntil('the loss', () => nonsense.taker.lost.length > 0)
  assert.match(nonsense.taker.lost[0]!, /it wrote "0, 1, 2"/)
})

test('pictures that are not due are let go as they come; the time of a line finds the unit', async (t) => {
  const line = (number: number, time: number): string => `echo "0, ${number}, ${time}, 1, 3, 0x0" >&3`
  const script = [
    'echo "#dimensions 0: 1x1" >&3',
    line(0, 16),
    line(1, 32),
    line(2, 48),
    'printf abcdefghi',
    'cat >/dev/null',
  ]
  const { decoder, taker } = await fake(t, script.join('\n'))
  decoder.want()
  pushUnit(decoder, next, { tag: 4 })
  pushUnit(decoder, key, { tag: 5, due: 'never' })
  pushUnit(decoder, next, { tag: 6 })
  pushUnit(decoder, next, { tag: 7 })
  await waitUntil('the picture', () => taker.pictures.length > 0)
  const [{ bytes, ...facts }] = taker.pictures as [(typeof taker.pictures)[0]]
  assert.deepEqual([bytes.toString(), facts], ['def', { width: 1, height: 1, tag: 6, place: 6 }])
  assert.deepEqual(taker.dropped, { damaged: 1, decoder_late: 0 })
  decoder.want()
  await waitUntil('the next', () => taker.pictures.length === 2)
})
