import { type AttributeNote, type CheckAttributes, checkClientTls } from '@pelton/core'
import type { RtspAttributes } from './config.ts'

/** What the schema cannot say of the url, the credentials, the sizes of windows and the files of TLS. */
export const checkAttributes: CheckAttributes<RtspAttributes> = (attributes) => {
  const { rtsp_url: rtspUrl, url, username, password, tls } = attributes
  const notes: AttributeNote[] = []
  const error = (key: keyof RtspAttributes, message: string): void =>
    void notes.push({ level: 'error', path: [key], message })
  const key = rtspUrl === undefined && url !== undefined ? 'url' : 'rtsp_url'
  const wrong = urlFault(rtspUrl ?? url)
  if (wrong !== '') error(key, wrong)
  if (rtspUrl !== undefined && url !== undefined) error('url', 'must not stand beside rtsp_url: keep one of them')
  if (password !== undefined && username === undefined) error('password', 'goes with username, which is absent')
  return [...notes, ...checkClientTls(tls), ...windowFaults(attributes), ...mediumFaults(attributes)]
}

function urlFault(text: string | undefined): string {
  if (text === undefined) return 'is required, or url: write rtsp://host:port/path'
  const url = URL.parse(text.trim())
  if (!url) return 'is no URL; write rtsp://host:port/path or rtsps://host/path'
  if (url.protocol !== 'rtsp:' && url.protocol !== 'rtsps:') {
    const wayOut = /^https?:$/.test(url.protocol) ? '; for that take kind: mjpeg' : ''
    return `must begin with rtsp:// or rtsps://, not ${url.protocol}${wayOut}`
  }
  return url.hostname === '' ? 'names no host; write rtsp://host:port/path' : ''
}

function windowFaults({ chunk_bytes, max_bytes, trim_bytes }: RtspAttributes): AttributeNote[] {
  const message = `must not be more than max_bytes (${max_bytes})`
  const sizes = { chunk_bytes, trim_bytes }
  return Object.entries(sizes).flatMap(([key, bytes]): AttributeNote[] =>
    bytes > max_bytes ? [{ level: 'error', path: [key], message }] : [],
  )
}

/** What is meant for the other medium shows that one of them is a mistake. */
function mediumFaults(attributes: RtspAttributes): AttributeNote[] {
  const { media_type: medium, sample_rate: rate, processing_factor: factor, decode } = attributes
  const note = (key: string, other: string): AttributeNote => ({
    level: 'error',
    path: [key],
    message: `is for media_type ${other}, and this one is ${medium}`,
  })
  if (medium === 'video') return rate === undefined ? [] : [note('sample_rate', 'audio')]
  return [
    ...(factor === 1 ? [] : [note('processing_factor', 'video')]),
    ...(decode === 'jpeg' ? [] : [note('decode', 'video')]),
  ]
}
