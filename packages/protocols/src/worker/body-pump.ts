import { isPeltonError } from '@pelton/core'
import { chunkCode } from './body-code.ts'
import type { Channel } from './channel.ts'
import { errors } from '../errors.ts'
import { costOf } from './body-inbox.ts'
import { frame, frameType, maxBodyBytes, streamWindowBytes } from './frame.ts'
import { textOf, writeError } from './wire-error.ts'

/** Sends a streamed body while its reader has room for more. */
export interface BodyPump {
  /** The reader has taken so many bytes more. */
  grant(bytes: number): void
  /** The reader has left: the body's iterator is returned. */
  cancel(): void
  /** Resolves when the end, or the break, has been sent. */
  done: Promise<void>
}

/** Starts to send `body` as the chunks of event `id`. Each yielded value is one chunk; none is split or joined. */
export function pumpBody(channel: Channel, id: number, body: AsyncIterable<Uint8Array>): BodyPump {
  const iterator = body[Symbol.asyncIterator]()
  let credit = streamWindowBytes
  let left = false
  let wake: (() => void) | undefined

  const roomOrLeft = (): Promise<void> | undefined => {
    if (credit > 0 || left) return undefined
    return new Promise((resolve) => (wake = resolve))
  }
  const run = async (): Promise<void> => {
    try {
      while (!left) {
        const { value, done } = await iterator.next()
        if (done === true || left) break
        if (value.length > maxBodyBytes) throw new RangeError(`a chunk of ${value.length} bytes`)
        credit -= costOf(value)
        channel.send({ ...frame(frameType.chunk, id, '', value), code: chunkCode(value) })
        await roomOrLeft()
      }
      channel.send(frame(frameType.end, id))
    } catch (error) {
      const reason = error instanceof Error ? error.message : textOf(error)
      const fault = isPeltonError(error) ? error : errors.body_broken({ reason }, error)
      channel.send(frame(frameType.broken, id, writeError(fault)))
    }
  }
  const resume = (): void => {
    wake?.()
    wake = undefined
  }
  return {
    grant(bytes) {
      credit += bytes
      if (credit > 0) resume()
    },
    cancel() {
      left = true
      // An iterator that waits for something may never settle this; `run` ends when its `next` does.
      Promise.resolve(iterator.return?.()).catch(() => undefined)
      resume()
    },
    done: run(),
  }
}
