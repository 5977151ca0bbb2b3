import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectRtsp } from '@pelton/protocols/rtsp'
import { viewMjpeg } from './mjpeg-viewer.ts'

/** What viewers have seen. */
export interface Seen {
  visits: number
  frames: number
  packets: number
  /** Of packets by TCP, which must all come. */
  lost: number
  faults: string[]
}

/** Counts from zero. */
export function createSeen(): Seen {
  return { visits: 0, frames: 0, packets: 0, lost: 0, faults: [] }
}

/** Comes and goes until `over` aborts: looks for up to eight seconds at a time. */
export async function comeAndGo(
  look: (leave: AbortSignal) => Promise<void>,
  seen: Seen,
  over: AbortSignal,
): Promise<void> {
  while (!over.aborted) {
    seen.visits += 1
    try {
      await look(AbortSignal.any([over, AbortSignal.timeout(Math.round(500 + Math.random() * 7_500))]))
    } catch (error) {
      seen.faults.push(String(error))
    }
    await pause(Math.random() * 2_000, over)
  }
}

/** Looks at a stream of MJPEG until it is to leave. */
export async function lookAtMjpeg(url: string, seen: Seen, leave: AbortSignal): Promise<void> {
  const viewer = await viewMjpeg(url, () => void (seen.frames += 1))
  await pause(60_000, leave)
  viewer.close()
  if (viewer.fault !== undefined) throw new Error(`${url}: ${viewer.fault}`)
}

/** Reads an RTSP stream until it is to leave. */
export async function lookAtRtsp(
  { url, media }: { url: string; media: 'video' | 'audio' },
  transport: 'tcp' | 'udp',
  seen: Seen,
  leave: AbortSignal,
): Promise<void> {
  let next: number | undefined
  await connectRtsp({
    url,
    media,
    transport,
    signal: leave,
    // Cameras are away for a while now and then.
    stallTimeoutMs: 60_000,
    onReady: () => undefined,
    onPacket({ sequence, isMarked }) {
      seen.packets += 1
      if (isMarked && media === 'video') seen.frames += 1
      if (next !== undefined && transport === 'tcp') seen.lost += (sequence - next) & 0xffff
      next = (sequence + 1) & 0xffff
    },
  })
}

/** Asks for a stream and never reads a byte, again whenever a minute is over. */
export async function neverRead(url: string, over: AbortSignal): Promise<void> {
  const { hostname, port, pathname } = new URL(url)
  while (!over.aborted) {
    const socket = net.connect(Number(port), hostname)
    // It is cut off, some time.
    socket.on('error', () => socket.destroy())
    socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`)
    await pause(60_000, over)
    socket.destroy()
  }
}

/** Sets an RTSP stream up by TCP, plays it and never reads again. */
export async function neverReadRtsp(url: string, over: AbortSignal): Promise<void> {
  const { hostname, port } = new URL(url)
  while (!over.aborted) {
    const socket = net.connect(Number(port), hostname)
    socket.on('error', () => socket.destroy())
    socket.write(`SETUP ${url}/trackID=0 RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n`)
    socket.once('data', (answer: Buffer) => {
      socket.pause()
      const session = /^Session: *([^;\r\n]+)/im.exec(answer.toString('latin1'))?.[1] ?? ''
      socket.write(`PLAY ${url} RTSP/1.0\r\nCSeq: 2\r\nSession: ${session}\r\n\r\n`)
    })
    await pause(60_000, over)
    socket.destroy()
  }
}

/** Ends early when `signal` aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal }).catch(() => undefined)
}
