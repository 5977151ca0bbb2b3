import assert from 'node:assert/strict'
import { test } from 'node:test'
import sharp from 'sharp'
import { runTrigger } from './fixtures/run-trigger.ts'
import { h264, pictureOf, startSource } from './fixtures/start-source.ts'

/** A red picture of 64 × 48 that x264 coded. */
const red = [
  '6742c00ada11ec0440000003004000000300a3c489a8',
  '68ce0fc8',
  '6588843a118a00021671c00040663800084549c9c9d75d75d75d75e0',
].map((hex) => Buffer.from(hex, 'hex'))
/** One that is damaged: its slice says nothing. */
const damaged = [...red.slice(0, 2), Buffer.from('6588843affffffffffffffffffffffff', 'hex')]

const every = { media_type: 'video', processing_interval: 0 }

for (const [decode, bytesOf] of [
  ['rgb', (width: number, height: number) => width * height * 3],
  ['i420', (width: number, height: number) => width * height * 1.5],
] as const) {
  test(`a real decoder makes ${decode}, also after a damaged picture`, async (t) => {
    const source = await startSource(t, { media: h264 })
    const { untilReady, events, untilMetric } = runTrigger(t, { attributes: { url: source.url, ...every, decode } })
    await untilReady(true)
    source.send(source.units(red))
    const [event] = await events(1)
    assert.equal(event?.body.length, bytesOf(64, 48))
    source.send(source.units(damaged))
    source.send(source.units(red))
    await untilMetric('pelton_frames_received_total', 3)
    const last = (await events(2)).at(-1)
    assert.deepEqual([last?.fields['width'], last?.fields['height']], [64, 48])
  })
}

/** By what is installed here. */
test('a real decoder makes JPEGs of the colour that was coded', async (t) => {
  const source = await startSource(t, { media: h264 })
  const { untilReady, events } = runTrigger(t, { attributes: { url: source.url, ...every } })
  await untilReady(true)
  source.send(source.units(red))
  const [event] = await events(1)
  const { channels } = await sharp(event?.body).stats()
  const [r, g, b] = channels.map(({ mean }) => mean)
  assert.ok(r! > 160 && g! < 70 && b! < 70, `${r} ${g} ${b}`)
})

for (const [decode, middle] of [
  ['rgb', [200, 100, 50]],
  ['i420', [123, 91, 175]],
] as const) {
  test(`a real decoder makes ${decode} of MJPEG, also after a damaged picture`, async (t) => {
    const source = await startSource(t)
    const { untilReady, events, untilMetric } = runTrigger(t, { attributes: { url: source.url, ...every, decode } })
    await untilReady(true)
    const jpeg = await pictureOf(4, 48, 'rgb(200, 100, 50)')
    // All that is left of the scan is its begin.
    const cut = Buffer.concat([jpeg.subarray(0, -20), jpeg.subarray(-2)])
    for (const [sent, bytes] of [jpeg, cut, jpeg].entries()) {
      source.send(source.jpeg(bytes))
      await untilMetric('pelton_frames_received_total', sent + 1)
      if (bytes === cut) await untilMetric('pelton_frames_dropped_total', 1, { reason: 'damaged' })
    }
    const [, event] = await events(2)
    assert.equal(event?.contentType, `video/raw; format=${decode}; width=64; height=48`)
    const [{ length }, at] = [event.body, 24 * 64 + 32]
    assert.equal(length, decode === 'rgb' ? 64 * 48 * 3 : 64 * 48 * 1.5)
    const places =
      decode === 'rgb' ? [3 * at, 3 * at + 1, 3 * at + 2] : [at, 64 * 48 + 12 * 32 + 16, 64 * 60 + 12 * 32 + 16]
    for (const [index, place] of places.entries()) assert.ok(Math.abs(event.body[place]! - middle[index]!) <= 3)
  })
}
