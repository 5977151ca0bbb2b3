import { findFreePort } from '@pelton/testkit'
import { type RunningFunction, startFunction } from './start-function.ts'

/** Where the function of the soak finds its cameras, and who takes its messages. */
export interface SoakSources {
  rtsp: string
  mjpeg: string
  /** A WebSocket server. */
  receiver: string
}

/** The function of the soak, and where it can be watched and heard. */
export interface SoakFunction extends RunningFunction {
  mjpegUrls: readonly string[]
  rtspUrls: readonly { url: string; media: 'video' | 'audio' }[]
}

/** Starts three triggers with two sinks each. */
export async function startSoakFunction(
  { rtsp, mjpeg, receiver }: SoakSources,
  options: Pick<Parameters<typeof startFunction>[0], 'execArgv' | 'onLine' | 'onText'>,
): Promise<SoakFunction> {
  const [mjpegPort, rtspPort] = [await findFreePort(), await findFreePort()]
  const host = '127.0.0.1'
  const pictures = (path: string): object[] => [
    { kind: 'mjpeg', attributes: { host, port: mjpegPort, path } },
    { kind: 'rtsp', attributes: { host, port: rtspPort, path } },
  ]
  const sounds = [
    { kind: 'websocket', attributes: { url: receiver } },
    { kind: 'rtsp', attributes: { host, port: rtspPort, path: '/sound', type: 'audio', sample_rate: 8_000 } },
  ]
  const attributes = {
    'video.attributes.url': `${rtsp}/h264sd`,
    'video.attributes.sinks': JSON.stringify(pictures('/video')),
    'pictures.attributes.url': mjpeg,
    'pictures.attributes.sinks': JSON.stringify(pictures('/pictures')),
    'sound.attributes.url': `${rtsp}/alaw`,
    'sound.attributes.sinks': JSON.stringify(sounds),
  }
  const sets = Object.entries(attributes).map(([key, value]) => `spec.triggers.${key}=${value}`)
  const served = await startFunction({ folder: 'soak', sets, ...options })
  const [http, base] = [`http://${host}:${mjpegPort}`, `rtsp://${host}:${rtspPort}`]
  return {
    ...served,
    mjpegUrls: [`${http}/video`, `${http}/pictures`],
    rtspUrls: [
      { url: `${base}/video`, media: 'video' },
      { url: `${base}/pictures`, media: 'video' },
      { url: `${base}/sound`, media: 'audio' },
    ],
  }
}
