import { H264Depacketiser } from '@pelton/protocols/rtp'
import { connectRtsp } from '@pelton/protocols/rtsp'

/** Someone who reads a camera all the time: so it is live, and its key pictures are known. */
export interface KeyWatch {
  /** Resolves when a key picture has come in full after `sinceMs` of `performance.now()`, with when that was. */
  after(sinceMs: number): Promise<number>
  stop(): Promise<void>
}

/** Reads a camera of H.264; resolves with the first key picture. */
export async function watchKeys(url: string): Promise<KeyWatch> {
  const leave = new AbortController()
  const waiting = new Set<(atMs: number) => void>()
  let last = Number.NEGATIVE_INFINITY
  const units = new H264Depacketiser(({ isKey }) => {
    if (!isKey) return
    last = performance.now()
    for (const tell of waiting) tell(last)
    waiting.clear()
  })
  const signal = leave.signal
  const ended = connectRtsp({
    url,
    media: 'video',
    transport: 'tcp',
    signal,
    onReady: () => undefined,
    onPacket: (packet) => units.push(packet),
  })
  const next = (): Promise<number> => new Promise((resolve) => void waiting.add(resolve))
  await Promise.race([next(), ended])
  return {
    after: async (sinceMs) => (last > sinceMs ? last : next()),
    async stop() {
      leave.abort()
      await ended
    },
  }
}
