import type { Shared } from '@pelton/core'
import { type VideoDecoder, videoDecoders } from '@pelton/protocols/video'
import { errors } from '../errors.ts'
import type { StartDecoding } from './frame-catch.ts'
import type { WatchedUnit } from './observer.ts'

/** What waits for a decoder to be there: since the last key picture; with more the next one is waited for. */
const mostWaiting = 300
const mostWaitingBytes = 16 << 20

/** Decodes with what is installed in `folder`, or beside Pelton; `file` is for messages. */
export function decodePicture(folder: string, file: string): StartDecoding {
  return (codec, { onPicture, onFailed }) => {
    const waiting: WatchedUnit[] = []
    let waitingBytes = 0
    let decoder: VideoDecoder | undefined
    let isClosed = false
    let hasKey = false
    const decode = ({ bytes, isKey }: WatchedUnit): void => decoder?.push({ bytes, tag: 0, isKey, due: 'always' })
    const taker = {
      onPicture: ({ bytes }: { bytes: Buffer }) => onPicture(bytes),
      onSuperseded: () => undefined,
      onDropped: () => undefined,
      onLost: (reason: string) => onFailed(errors.frame_unsavable({ file, reason: `the decoder ended: ${reason}` })),
    }
    const open = async (): Promise<void> => {
      const decoders = await videoDecoders({ shared: createOnly }, folder)
      const opened = await decoders.open({ codec, format: 'jpeg', taker })
      if (isClosed) return opened.close()
      decoder = opened
      decoder.want()
      waiting.splice(0).forEach(decode)
    }
    open().catch(onFailed)
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

/** Nobody else is there to share with. */
function createOnly<T>(token: Shared<T>): T {
  return token.create()
}
