import type { Clock } from '@pelton/core'
import { largestPicture, mostPixels } from './sequence-set/largest-picture.ts'
import type { DecodedPicture, DecodingOptions, DecodingTaker, UnitToDecode, VideoDecoder } from './video-decoder.ts'

/** After so long without a word of it a picture is taken for lost: newer ones go to the decoder, too. */
const mostSilenceMs = 500

/** Opens a decoder of JPEGs of which it is given only those that are due and wanted: the others cost nothing. */
export async function openStillDecoder(
  options: DecodingOptions,
  open: (options: DecodingOptions) => Promise<VideoDecoder>,
  clock: Pick<Clock, 'now'>,
): Promise<VideoDecoder> {
  const stills = new StillDecoder(options.taker, clock)
  return stills.decodeBy(await open({ ...options, taker: stills.inner }))
}

class StillDecoder implements VideoDecoder {
  readonly #taker: DecodingTaker
  readonly #clock: Pick<Clock, 'now'>
  #decoder: VideoDecoder | undefined
  /** The newest due one that nobody wanted yet. */
  #held: UnitToDecode | undefined
  #isWanted = false
  /** When the decoder was given what it is at. */
  #insideSince: number | undefined
  #superseded = 0
  #damaged = 0
  #isTelling = false
  #isClosed = false

  constructor(taker: DecodingTaker, clock: Pick<Clock, 'now'>) {
    this.#taker = taker
    this.#clock = clock
  }

  /** What the decoder tells. */
  readonly inner: DecodingTaker = {
    onPicture: (picture) => this.#takePicture(picture),
    onSuperseded: (pictures) => this.#taker.onSuperseded(pictures),
    onDropped: (units, reason) => {
      if (this.#isClosed) return
      this.#insideSince = undefined
      this.#decodeNext()
      this.#taker.onDropped(units, reason)
    },
    onLost: (detail) => {
      if (this.#isClosed) return
      this.#isClosed = true
      this.#taker.onLost(detail)
    },
  }

  decodeBy(decoder: VideoDecoder): this {
    this.#decoder = decoder
    return this
  }

  get by(): string {
    return this.#decoder?.by ?? ''
  }

  push(unit: UnitToDecode): void {
    const isWaiting = this.#held !== undefined || this.#isSilent()
    if (this.#isClosed || unit.due === 'never' || (unit.due === 'ifWaiting' && !isWaiting)) return
    if (this.#held !== undefined) {
      this.#superseded += 1
      this.#tellSoon()
    }
    this.#held = unit
    this.#decodeNext()
  }

  want(): void {
    this.#isWanted = true
    this.#decodeNext()
  }

  close(): void {
    this.#isClosed = true
    this.#held = undefined
    this.#decoder?.close()
  }

  #isSilent(): boolean {
    return this.#insideSince !== undefined && this.#clock.now() - this.#insideSince > mostSilenceMs
  }

  #decodeNext(): void {
    const unit = this.#held
    if (this.#isClosed || !unit || !this.#isWanted || (this.#insideSince !== undefined && !this.#isSilent())) return
    this.#held = undefined
    const pixels = largestPicture('jpeg', unit.bytes)
    if (pixels === 0 || pixels > mostPixels) {
      this.#damaged += 1
      return this.#tellSoon()
    }
    this.#insideSince = this.#clock.now()
    this.#decoder?.want()
    this.#decoder?.push({ ...unit, due: 'always' })
  }

  #takePicture(picture: DecodedPicture): void {
    if (this.#isClosed) return
    this.#insideSince = undefined
    this.#isWanted = false
    this.#taker.onPicture(picture)
  }

  /** After the call that is under way. */
  #tellSoon(): void {
    if (this.#isTelling) return
    this.#isTelling = true
    queueMicrotask(() => {
      const [superseded, damaged] = [this.#superseded, this.#damaged]
      this.#superseded = this.#damaged = 0
      this.#isTelling = false
      if (this.#isClosed) return
      if (superseded > 0) this.#taker.onSuperseded(superseded)
      if (damaged > 0) this.#taker.onDropped(damaged, 'damaged')
    })
  }
}
