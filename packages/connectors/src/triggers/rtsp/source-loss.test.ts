import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PeltonError } from '@pelton/core'
import { lossOf } from './source-loss.ts'

const url = 'rtsp://camera/live'
const missing = (media: 'video' | 'audio', offered: string): string => {
  const message = `${url} has no ${media} that can be read; it offers ${offered}`
  const row = { blame: 'user', retryable: true, help: '' } as const
  return lossOf(new PeltonError('rtsp_medium_missing', message, row), url, media).detail
}

test('a medium that is not there is told with the other one, where that can be read', () => {
  assert.equal(
    missing('audio', 'video JPEG'),
    'the source has no audio that can be read; it offers video JPEG; set media_type: video',
  )
  assert.match(missing('audio', 'application vnd.onvif.metadata, video H265'), /; set media_type: video$/)
  assert.match(missing('video', 'video VP8, audio PCMU'), /audio PCMU; set media_type: audio$/)
  for (const offered of ['nothing', 'video VP8', 'audio OPUS']) {
    assert.ok(missing('audio', offered).endsWith(`it offers ${offered}`))
    assert.ok(missing('video', offered).endsWith(`it offers ${offered}`))
  }
})
