import { type Shared, isPeltonError } from '@pelton/core'
import { type VideoDecoder, videoDecoders } from '@pelton/protocols/video'
import { errors } from '../errors.ts'
import type { StartDecoding } from './frame-catch.ts'
import type { WatchedUnit } from './observer.ts'

/** What waits for a decoder to be there: since the last key picture; with more the next one is waited for. */
const mostWaiting = 300
const mostWaitingBytes = 16 << 20

/** Decodes with what is installed in `folder`, or beside Pelton; `file` is for messages. Fails with `frame_unsavable`. */
export function decodePicture(folder: string, file: string, findDecoders = videoDecoders): StartDecoding {
  return (codec, { onPicture, onFailed }) => {
    const waiting: WatchedUnit[] = []
    let waitingBytes = 0
    let decoder: VideoDecoder | undefined
    let isClosed = false
    let hasKey = false
    const fail = (reason: string, cause?: unknown): void => onFailed(errors.frame_unsavable({ file, reason }, cause))
    const decode = ({ bytes, isKey }: WatchedUnit): void => decoder?.push({ bytes, tag: 0, isKey, due: 'always' })
    const taker = {
      onPicture: ({ bytes }: { bytes: Buffer }) => onPicture(bytes),
      onSuperseded: () => undefined,
      onDropped: () => undefined,
      onLost: (reason: string) => fail(`the decoder ended: ${reason}`),
    }
    const open = async (): Promise<void> => {
      const decoders = await findDecoders({ shared: createOnly }, folder)
      const opened = await decoders.open({ codec, format: 'jpeg', taker })
      if (isClosed) return opened.close()
      decoder = opened
      decoder.want()
      waiting.splice(0).forEach(decode)
    }
    open().catch((error: unknown) => {
      // Its own advice is for functions.
      if (isPeltonError(error)) fail(lowerFirst(error.message), error)
      else onFailed(error)
    })
    return {
      push(unit) {
        if (unit.isKey) {
          waiting.length = waitingBytes = 0
          hasKey = true
        } else if (unit.isAfterLoss) hasKey = false
        if (!hasKey) return
        if (decoder) return decode(unit)
        waiting.push(unit)
        waitingBytes += unit.bytes.length
        hasKey = waiting.length <= mostWaiting && waitingBytes <= mostWaitingBytes
      },
      close() {
        isClosed = true
        decoder?.close()
      },
    }
  }
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}

/** Nobody else is there to share with. */
function createOnly<T>(token: Shared<T>): T {
  return token.create()
}
