import type { Bytes } from '@pelton/core'
import { OutputDraft } from './output-draft.ts'
import { writeFailed } from './output-fault.ts'

/** Keeps the last body that was whole, in a file of `folder` that is meant to become `target`. */
export class KeptBody {
  readonly #folder: string
  readonly #target: string
  #next: OutputDraft | undefined
  #whole: OutputDraft | undefined

  constructor(folder: string, target: string) {
    this.#folder = folder
    this.#target = target
  }

  /** Makes the file for the first body, to see that it can be made; rejects with the system's error. */
  async prepare(): Promise<void> {
    this.#next ??= await OutputDraft.open(this.#folder, this.#target)
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

  /** Lets go of everything. */
  async discard(): Promise<void> {
    const drafts = [this.#next, this.#whole]
    this.#next = undefined
    this.#whole = undefined
    for (const draft of drafts) await draft?.discard()
  }
}
