import { JpegFault, readJpeg } from '@pelton/protocols/jpeg'
import { defaultMaxFrameBytes } from '@pelton/protocols/mjpeg'
import { type AnswerFacts, Camera, CameraClient, cameraTarget } from '@pelton/protocols/mjpeg-client'
import type { SourceLoss } from '@pelton/protocols/camera'
import type { SourceFacts, SourceObserver } from './observer.ts'
import type { ReadRules } from './read-rules.ts'

/** Of a source that gives one picture for a request. */
const pollMs = 1_000

/** Reads a camera that serves MJPEG, or single pictures, until it is lost or `signal` aborts. Never rejects. */
export async function readHttp(
  rules: ReadRules,
  observer: SourceObserver,
  signal: AbortSignal,
): Promise<SourceLoss | undefined> {
  const { target, clock, timeoutMs, isInsecure } = rules
  const client = new CameraClient({
    target: { ...cameraTarget({ url: target.url }), credentials: target.credentials },
    headers: {},
    tls: { rejectUnauthorized: !isInsecure },
  })
  let isTold = false
  const camera = new Camera({
    client,
    clock,
    stallMs: timeoutMs,
    intervalMs: pollMs,
    maxFrameBytes: defaultMaxFrameBytes,
    onAnswer(facts) {
      // Pictures come by an answer each.
      if (!isTold) observer.onSource(sourceOf(facts))
      isTold = true
    },
    onFrame(bytes) {
      observer.onBytes(bytes.length)
      observer.onUnit({ bytes, isKey: true, isAfterLoss: false, size: sizeOf(bytes) })
    },
    onDrop: () => observer.onDropped(1),
  })
  try {
    const loss = await camera.read({ connected: () => undefined, good: () => undefined }, signal)
    return signal.aborted ? undefined : loss
  } finally {
    client.close()
  }
}

function sourceOf({ contentType, server, kind }: AnswerFacts): SourceFacts {
  const medium = {
    type: 'video',
    codec: 'JPEG',
    isWatched: true,
    clockRate: undefined,
    channels: undefined,
    picture: {},
    framerate: undefined,
    note: kind === 'picture' ? `${contentType}, asked for every second` : contentType,
  }
  return { server, transport: 'http', media: [medium], codec: 'jpeg', reception: undefined }
}

/** Undefined for what begins and ends as a JPEG, but is none. */
function sizeOf(bytes: Buffer): { width: number; height: number } | undefined {
  try {
    const { width, height } = readJpeg(bytes)
    return { width, height }
  } catch (error) {
    if (error instanceof JpegFault) return undefined
    throw error
  }
}
