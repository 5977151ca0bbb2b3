import assert from 'node:assert/strict'
import { test } from 'node:test'
import sharp from 'sharp'
import { runTrigger } from './fixtures/run-trigger.ts'
import { h264, startSource } from './fixtures/start-source.ts'

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
