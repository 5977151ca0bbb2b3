import type { Buffer } from 'node:buffer'
import { errors } from '../errors.ts'
import type { WatchedCodec, WatchedUnit } from './observer.ts'
import { type SavedForm, savedForm, savingFault } from './saved-form.ts'

/** Makes a JPEG of what is pushed: access units of one stream, beginning with a key picture. */
export interface PictureMaker {
  push(unit: WatchedUnit): void
  close(): void
}

/** Begins to decode; `onPicture` is told once, `onFailed` when nothing will come of it. */
export type StartDecoding = (
  codec: 'h264' | 'h265',
  told: { onPicture(jpeg: Buffer): void; onFailed(error: unknown): void },
) => PictureMaker

/** Takes the first whole frame of a source for a file. */
export class FrameCatch {
  /** What belongs into the file. Rejects with `frame_unsavable`. */
  readonly caught: Promise<Buffer>
  readonly #file: string
  readonly #form: SavedForm
  readonly #startDecoding: StartDecoding
  readonly #resolve: (bytes: Buffer) => void
  readonly #reject: (error: unknown) => void
  #codec: WatchedCodec | undefined
  #maker: PictureMaker | undefined

  /** Throws `wrong_usage` for a file whose ending says nothing. */
  constructor(file: string, startDecoding: StartDecoding) {
    this.#file = file
    this.#form = savedForm(file)
    this.#startDecoding = startDecoding
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
    this.caught = promise
    this.#resolve = resolve
    this.#reject = reject
  }

  /** The source sends this codec. */
  begin(codec: WatchedCodec): void {
    this.close()
    this.#codec = codec
    const reason = savingFault(codec, this.#form)
    if (reason !== '') return this.#reject(errors.frame_unsavable({ file: this.#file, reason }))
    if (this.#form !== 'jpeg' || codec === 'jpeg' || codec === 'sound') return
    this.#maker = this.#startDecoding(codec, { onPicture: this.#resolve, onFailed: this.#reject })
  }

  take(unit: WatchedUnit): void {
    if (this.#maker) this.#maker.push(unit)
    else if (this.#codec === this.#form && unit.isKey) this.#resolve(unit.bytes)
  }

  /** Catches nothing any more. */
  close(): void {
    this.#codec = undefined
    this.#maker?.close()
    this.#maker = undefined
  }
}
