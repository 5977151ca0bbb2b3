/** Why a decoder can do nothing with an access unit. */
export type Refusal = 'before_key' | 'after_loss'

/** A camera that sends no key picture for so long sends none at all. */
const mostKeyWaitMs = 60_000

/** Lets through what a decoder can do something with: all from a key picture on, and after a loss from the next one on. */
export class KeyGate {
  #closedBy: Refusal | undefined = 'before_key'
  #closedAt: number | undefined

  /** Why the access unit that has come at `now`, in milliseconds, is not let through; undefined: it is. */
  refuses({ isKey, isAfterLoss }: { isKey: boolean; isAfterLoss: boolean }, now: number): Refusal | undefined {
    if (isKey) this.#closedBy = this.#closedAt = undefined
    else if (isAfterLoss) this.#closedBy ??= 'after_loss'
    if (this.#closedBy) this.#closedAt ??= now
    return this.#closedBy
  }

  /** Whether a key picture may still come. */
  isPatient(now: number): boolean {
    return this.#closedAt === undefined || now - this.#closedAt < mostKeyWaitMs
  }
}
