import type { IncomingMessage } from 'node:http'
import { type Clock, formatDuration } from '@pelton/core'
import { type SourceLink, type SourceLoss, StallWatch } from '../camera/index.ts'
import { type PartFault, boundaryOf, isJpeg } from '../mjpeg/index.ts'
import type { CameraClient } from './camera-client.ts'
import { readPicture } from './read-picture.ts'
import { readStream } from './read-stream.ts'

/** A camera that is to be read. */
export interface CameraOptions {
  client: CameraClient
  clock: Clock
  stallMs: number
  intervalMs: number
  maxFrameBytes: number
  /** A JPEG has come. */
  onFrame(jpeg: Buffer): void
  /** Something was left out. */
  onDrop(reason: PartFault | 'not_jpeg'): void
  /** It has answered, and its frames may follow. */
  onAnswer?(facts: AnswerFacts): void
}

/** What a camera answered. */
export interface AnswerFacts {
  kind: 'stream' | 'picture'
  /** As the header says it. */
  contentType: string
  /** What calls itself the server; empty when it does not. */
  server: string
}

/** What an answer is, by its content type. */
type Content = { kind: 'stream'; boundary: string | undefined } | { kind: 'picture' } | { kind: 'other' }

/** Told how the reading goes. */
type CameraLink = Pick<SourceLink, 'connected' | 'good'>

/** Longest time from the request to the head of the answer. */
const mostConnectingMs = 10_000

/** Reads one camera, connection after connection. */
export class Camera {
  readonly #options: CameraOptions

  constructor(options: CameraOptions) {
    this.#options = options
  }

  /** Connects and reads until the camera is lost, or `stop` aborts. Never rejects. */
  async read(link: CameraLink, stop: AbortSignal): Promise<SourceLoss> {
    const { clock, intervalMs } = this.#options
    for (;;) {
      const nextAt = clock.now() + intervalMs
      const loss = await this.#readOnce(link, stop)
      if (loss) return loss
      await clock.sleep(Math.max(0, nextAt - clock.now()), stop)
      if (stop.aborted) return { reason: 'ended', detail: 'it is read no more' }
    }
  }

  /** One request; undefined when it gave one picture, so that the next may follow. */
  async #readOnce(link: CameraLink, stop: AbortSignal): Promise<SourceLoss | undefined> {
    const { client, clock, stallMs } = this.#options
    const cut = new AbortController()
    const stopped = (): void => cut.abort()
    stop.addEventListener('abort', stopped, { once: true })
    if (stop.aborted) stopped()
    let stall: SourceLoss | undefined
    const watch = (limitMs: number, what: string): StallWatch =>
      new StallWatch(clock, limitMs, () => {
        stall = { reason: 'stalled', detail: `${what} within ${formatDuration(limitMs)}` }
        cut.abort()
      })
    let watched = watch(Math.min(stallMs, mostConnectingMs), 'no answer came')
    try {
      const opened = await client.open(cut.signal)
      watched.stop()
      if ('loss' in opened) return stall ?? opened.loss
      watched = watch(stallMs, 'no frame came')
      const loss = await this.#readAnswer(opened.response, link, watched)
      return stall ?? loss
    } finally {
      watched.stop()
      stop.removeEventListener('abort', stopped)
    }
  }

  async #readAnswer(response: IncomingMessage, link: CameraLink, watch: StallWatch): Promise<SourceLoss | undefined> {
    const { 'content-type': contentType = '', 'content-encoding': encoding = '' } = response.headers
    const content = contentOf(contentType)
    const isCompressed = /\b(?:gzip|deflate|compress|br|zstd)\b/i.test(encoding)
    if (content.kind === 'other' || isCompressed) {
      response.destroy()
      const other = `it answered with ${contentType || 'no content type'}, not multipart/x-mixed-replace or image/jpeg`
      return { reason: 'unsuitable', detail: isCompressed ? `it compresses its answer (${encoding}), unasked` : other }
    }
    const onFrame = (jpeg: Buffer): void => this.#onFrame(jpeg, link, watch)
    const { maxFrameBytes, onDrop, onAnswer } = this.#options
    onAnswer?.({ kind: content.kind, contentType, server: response.headersDistinct['server']?.[0] ?? '' })
    if (content.kind === 'stream') {
      link.connected()
      return readStream(response, { boundary: content.boundary, maxFrameBytes }, { onFrame, onFault: onDrop })
    }
    const picture = await readPicture(response, maxFrameBytes)
    if (!Buffer.isBuffer(picture)) return picture
    link.connected()
    onFrame(picture)
    return undefined
  }

  #onFrame(jpeg: Buffer, link: CameraLink, watch: StallWatch): void {
    const { onFrame, onDrop } = this.#options
    if (!isJpeg(jpeg)) return onDrop('not_jpeg')
    watch.touch()
    link.good()
    onFrame(jpeg)
  }
}

function contentOf(type: string): Content {
  const boundary = boundaryOf(type)
  if (boundary !== undefined || /^\s*multipart\//i.test(type)) return { kind: 'stream', boundary }
  return /^\s*image\//i.test(type) ? { kind: 'picture' } : { kind: 'other' }
}
