import type { Bytes } from '@pelton/core'
import { OutputDraft } from './output-draft.ts'
import { writeFailed } from './output-fault.ts'

/** Keeps the last body that was whole, in a file of `folder` that is meant to become `target`. */
export class KeptBody {
  readonly #folder: string
  readonly #target: string
  readonly #mode: number | undefined
  #next: OutputDraft | undefined
  #whole: OutputDraft | undefined
  #isClosed = false

  /** `mode` are the file's permissions; the usual ones when absent. */
  constructor(folder: string, target: string, mode?: number) {
    this.#folder = folder
    this.#target = target
    this.#mode = mode
  }

  /** Makes the file for the first body, to see that it can be made; rejects with the system's error. */
  async prepare(): Promise<void> {
    const draft = this.#next ?? (await OutputDraft.open(this.#folder, this.#target, this.#mode))
    this.#next = draft
    if (!this.#isClosed) return
    await this.discard()
    throw new Error('the job is over')
  }

  /** Absent when there was none. */
  get whole(): OutputDraft | undefined {
    return this.#whole
  }

  /** Reads a body to its end; when it breaks off, the one before stays. */
  async keep(body: AsyncIterable<Bytes>): Promise<void> {
    await this.prepare().catch((error: unknown) => Promise.reject(writeFailed(this.#target, error)))
    const draft = this.#next
    await draft?.write(body)
    await this.#whole?.discard()
    this.#whole = draft
    this.#next = undefined
  }

  /** Lets go of everything, and of what still comes: a body that nobody waits for any more. */
  close(): Promise<void> {
    this.#isClosed = true
    return this.discard()
  }

  /** Lets go of everything. */
  async discard(): Promise<void> {
    const drafts = [this.#next, this.#whole]
    this.#next = undefined
    this.#whole = undefined
    for (const draft of drafts) await draft?.discard()
  }
}
