import type { UnitToDecode } from './video-decoder.ts'

/** What becomes of decoded pictures; each is given to exactly one of them. */
export interface PictureEnds<P> {
  /** It is due and wanted. */
  make(picture: P): void
  /** Nobody will see it. */
  free(picture: P): void
  /** A picture that was due is let go for a newer one; it is freed, too. */
  onSuperseded(): void
}

/** Decides which decoded pictures are made into something: the newest due one as soon as one is wanted, and no other. */
export class PictureGate<P> {
  readonly #ends: PictureEnds<P>
  #held: P | undefined
  #isWanted = false

  constructor(ends: PictureEnds<P>) {
    this.#ends = ends
  }

  /** The next picture in order; it is the gate's now. */
  offer(picture: P, due: UnitToDecode['due']): void {
    const held = this.#held
    if (due === 'never' || (due === 'ifWaiting' && held === undefined)) return this.#ends.free(picture)
    if (held !== undefined) {
      this.#ends.onSuperseded()
      this.#ends.free(held)
    }
    this.#held = picture
    if (this.#isWanted) this.want()
  }

  /** One is wanted: the one that is held, or else the next. */
  want(): void {
    const held = this.#held
    this.#isWanted = held === undefined
    if (held === undefined) return
    this.#held = undefined
    this.#ends.make(held)
  }

  /** Frees what is held; nothing is wanted any more. */
  clear(): void {
    this.#isWanted = false
    if (this.#held !== undefined) this.#ends.free(this.#held)
    this.#held = undefined
  }
}
