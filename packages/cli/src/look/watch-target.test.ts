import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Terminal } from '../terminal.ts'
import type { WatchOptions } from './watch-options.ts'
import { type WatchTarget, readTarget } from './watch-target.ts'

function target(address: string | undefined, options: Partial<WatchOptions> = {}, env = {}): WatchTarget {
  return readTarget({ ...options, address, terminal: { env } as Terminal })
}

test('credentials are taken out of the URL, and options win over it, and it over the environment', () => {
  const address = 'rtsp://us%40er:p%2Fw@camera:8554/a?token=t#x'
  const fromUrl = target(address)
  assert.deepEqual(fromUrl, {
    protocol: 'rtsp',
    url: 'rtsp://camera:8554/a?token=t',
    shown: 'rtsp://camera:8554/a',
    credentials: { username: 'us@er', password: 'p/w' },
  })
  const env = { PELTON_WATCH_USERNAME: 'e', PELTON_WATCH_PASSWORD: 'f' }
  assert.deepEqual(target(address, {}, env).credentials, { username: 'us@er', password: 'p/w' })
  assert.deepEqual(target('https://c/', {}, env).credentials, { username: 'e', password: 'f' })
  assert.deepEqual(target('https://c/', { username: 'u' }, { PELTON_WATCH_PASSWORD: 'f' }).credentials, {
    username: 'u',
    password: 'f',
  })
  assert.deepEqual(target(address, { username: 'u', password: 'p' }, env).credentials, { username: 'u', password: 'p' })
  assert.equal(target('rtsps://c').credentials, undefined)
  assert.equal(target('rtsps://c').shown, 'rtsps://c/')
})

test('what is no source is answered with what to write, without the password', () => {
  const cases: [string | undefined, Partial<WatchOptions>, RegExp][] = [
    [undefined, {}, /^Which source\? pelton watch rtsp:/],
    ['camera.local/live', {}, /^"camera\.local\/live" has no scheme: write rtsp:/],
    ['camera/live?token=secret', {}, /^"camera\/live" has no scheme/],
    ['u:secret@camera:554/live', {}, /^"camera:554\/live" has no scheme/],
    ['rtmp://camera/live', {}, /^rtmp:\/\/ is not watched: rtsp/],
    ['rtsp://u:sec/ret#secret@camera/live', {}, /^"rtsp:\/\/camera\/live" is no URL: .*percent-encode/],
    ['http://', {}, /is no URL/],
    ['rtsp://camera:port/', {}, /is no URL/],
    ['rtsp://camera/\u001b[2J:x y', { password: 'secret' }, /^--password goes with --username/],
    ['\u001b[2Jcamera', {}, /^"\\\\u\{1b\}/],
    ['http://camera/', { transport: 'udp' }, /^--transport is for rtsp/],
    ['https://camera/', { media: 'audio' }, /^--media audio is for rtsp/],
  ]
  for (const [address, options, message] of cases) {
    assert.throws(() => target(address, options), { code: 'wrong_usage', message }, String(address))
    assert.throws(
      () => target(address, options),
      ({ message: text }: Error) => !text.includes('secret'),
    )
  }
})
