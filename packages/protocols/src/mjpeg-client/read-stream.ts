import type { IncomingMessage } from 'node:http'
import { isPeltonError } from '@pelton/core'
import type { SourceLoss } from '../camera/index.ts'
import { type MjpegEvents, MjpegReader } from '../mjpeg/index.ts'

/** How a stream of pictures is read. */
export interface StreamRules {
  /** As its content type names it. */
  boundary: string | undefined
  maxFrameBytes: number
}

/** Reads frames until the stream ends, breaks off or makes no sense. Rejects only for what `events` throws. */
export function readStream(response: IncomingMessage, rules: StreamRules, events: MjpegEvents): Promise<SourceLoss> {
  return new Promise((resolve, reject) => {
    const reader = new MjpegReader(rules, events)
    const lost = (reason: string, detail: string): void => {
      resolve({ reason, detail })
      response.destroy()
    }
    response.on('data', (chunk: Buffer) => {
      try {
        reader.push(chunk)
      } catch (error) {
        if (!isPeltonError(error)) reject(error)
        lost('unsuitable', isPeltonError(error) ? error.message : 'its frames could not be taken')
      }
    })
    response.on('end', () => {
      reader.end()
      lost('ended', 'it ended the stream')
    })
    response.on('error', (error) => lost('broken', `the connection broke off: ${error.message}`))
    response.on('close', () => lost('broken', 'the connection broke off'))
  })
}
