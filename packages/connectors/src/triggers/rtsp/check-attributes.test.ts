import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode, formatPath } from '@pelton/core'
import { checkAttributes } from './check-attributes.ts'
import { type RtspAttributes, attributes } from './config.ts'
import { FramePace } from './frame-pace.ts'
import { sourceTarget } from './source-target.ts'

const url = 'rtsp://camera/live'

/** What is said of attributes, by their schema or, when it finds nothing, by the check. */
function faultsOf(given: Record<string, unknown>): string[] {
  const { value, faults } = decode(attributes, given)
  const found = faults.length > 0 ? faults : checkAttributes(value as RtspAttributes, { compat: 'none' })
  return found.map(({ path, message }) => `${formatPath(path)} ${message}`)
}

const decoded = (given: Record<string, unknown>): RtspAttributes =>
  decode(attributes, { url, ...given }).value as RtspAttributes

test('DigitalHub’s attributes are taken, with its defaults', () => {
  const { media_type, chunk_bytes, max_bytes, trim_bytes, processing_interval } = decoded({ processing_interval: 5000 })
  assert.deepEqual(
    [media_type, chunk_bytes, max_bytes, trim_bytes, processing_interval],
    ['audio', 16_000, 1_440_000, 1_120_000, 5_000],
  )
  for (const given of [{ rtsp_url: url }, { rtspUrl: url, media_type: 'video' }, { url: ' rtsps://camera:8322' }]) {
    assert.deepEqual(faultsOf(given), [])
  }
  for (const decode of ['jpeg', 'rgb', 'i420', 'none']) {
    assert.deepEqual(faultsOf({ url, media_type: 'video', decode }), [])
  }
})

test('what is missing or makes no sense is told', () => {
  const faults: [given: Record<string, unknown>, said: RegExp][] = [
    [{ url: undefined }, /^rtsp_url is required, or url/],
    [{ rtsp_url: url }, /^url must not stand beside rtsp_url/],
    [{ url: 'camera/live' }, /^url is no URL/],
    [
      { url: 'http://camera/live' },
      /^url must begin with rtsp:\/\/ or rtsps:\/\/, not http:; for that take kind: mjpeg$/,
    ],
    [{ url: 'file:///live' }, /^url must begin with .* not file:$/],
    [{ url: 'rtsp:///live' }, /^url names no host/],
    [{ media_type: 'text' }, /media_type/],
    [{ processing_interval: -1 }, /processing_interval/],
    [{ chunk_bytes: 2_000_000 }, /^chunk_bytes must not be more than max_bytes/],
    [{ trim_bytes: 2_000_000 }, /^trim_bytes must not be more than max_bytes/],
    [{ password: 'x' }, /^password goes with username/],
    [{ tls: { key: 'x' } }, /^tls needs both/],
    [{ processing_factor: 2 }, /^processing_factor is for media_type video/],
    [{ decode: 'none' }, /^decode is for media_type video/],
    [{ media_type: 'video', decode: 'bgr' }, /^decode/],
    [{ media_type: 'video', sample_rate: 16_000 }, /^sample_rate is for media_type audio/],
  ]
  for (const [given, said] of faults) assert.match(faultsOf({ url, ...given }).join(), said)
})

test('credentials are taken out of the url, wherever it is shown', () => {
  const secret = sourceTarget(decoded({ url: 'rtsp://us%40er:p%2F@camera:554/a?token=t' }))
  assert.deepEqual([secret.told, secret.shown], ['rtsp://camera:554/a?token=t', 'rtsp://camera:554/a'])
  assert.equal(secret.credentials, undefined, 'those of the url are read by whoever connects')
  assert.equal(sourceTarget(decoded({ url: 'rtsp://camera' })).shown, 'rtsp://camera/')
  assert.deepEqual(sourceTarget(decoded({ username: 'u' })).credentials, { username: 'u', password: '' })
})

test('a frame that comes a little late does not slow the pace, and a pause is not made up for', () => {
  const pace = new FramePace(100, 1)
  const times = [0, 99, 105, 199, 201, 250, 900, 950, 1_000]
  assert.deepEqual(
    times.filter((now) => pace.takes(now)),
    [0, 105, 201, 900, 1_000],
  )
})
