import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mediaUrl, sessionUrl } from './control-url.ts'
import { parseSdp } from './parse-sdp.ts'

const base = 'rtsp://camera/live'

const cases: Record<string, { of: [session: string, media: string]; base?: string; session: string; media: string }> = {
  'nothing said': { of: ['', ''], session: base, media: base },
  'an asterisk and a relative one': { of: ['*', 'trackID=1'], session: base, media: `${base}/trackID=1` },
  'a base with a slash': {
    of: ['*', 'trackID=1'],
    base: `${base}/`,
    session: `${base}/`,
    media: `${base}/trackID=1`,
  },
  'a base with a query': {
    of: ['*', 'trackID=1'],
    base: `${base}?channel=1&subtype=0`,
    session: `${base}?channel=1&subtype=0`,
    media: `${base}?channel=1&subtype=0/trackID=1`,
  },
  'slashes on both sides': { of: ['*', '/1'], base: `${base}/`, session: `${base}/`, media: `${base}/1` },
  'a slash before the control': { of: ['*', '/1'], session: base, media: `${base}/1` },
  'a control that is a query': { of: ['*', '?ctype=video'], session: base, media: `${base}?ctype=video` },
  'blanks around them': { of: [' * ', ' trackID=1 '], session: base, media: `${base}/trackID=1` },
  'absolute ones': {
    of: ['rtsp://10.0.0.9/all', 'RTSP://10.0.0.9/all/1'],
    session: 'rtsp://10.0.0.9/all',
    media: 'RTSP://10.0.0.9/all/1',
  },
  'a relative one below an absolute one': {
    of: ['rtsp://10.0.0.9/all', 'track1'],
    session: 'rtsp://10.0.0.9/all',
    media: 'rtsp://10.0.0.9/all/track1',
  },
  'a medium with an asterisk': { of: ['*', '*'], session: base, media: base },
}

for (const [what, { of, base: from = base, session, media }] of Object.entries(cases)) {
  test(`control URLs are resolved: ${what}`, () => {
    const control = (value: string): string => (value === '' ? '' : `a=control:${value}\n`)
    const description = parseSdp(`${control(of[0])}m=video 0 RTP/AVP 26\n${control(of[1])}`)
    assert.equal(sessionUrl(description, from), session)
    assert.equal(mediaUrl(description, description.media[0]!, from), media)
  })
}
