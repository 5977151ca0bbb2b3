import { randomUUID } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Bytes } from '@pelton/core'
import { writeFailed } from './output-fault.ts'

/** A body in a file that nobody else sees. */
export class OutputDraft {
  readonly #file: string
  /** What it is meant to become, and what failures are said to concern. */
  readonly #target: string
  readonly #handle: FileHandle

  /** Makes an empty one in `folder`, with these permissions or the usual ones; rejects with the system's error. */
  static async open(folder: string, target: string, mode?: number): Promise<OutputDraft> {
    const file = path.join(folder, `.${path.basename(target).slice(0, 100)}.${randomUUID()}.part`)
    const draft = new OutputDraft(file, target, await open(file, 'wx+', mode))
    // What the umask took away comes back.
    if (mode !== undefined) await draft.#handle.chmod(mode)
    return draft
  }

  private constructor(file: string, target: string, handle: FileHandle) {
    this.#file = file
    this.#target = target
    this.#handle = handle
  }

  /** Writes a body to its end, in the place of what is there; rejects with `output_failed` or with what broke the body off. */
  async write(body: AsyncIterable<Bytes>): Promise<void> {
    await this.#doing(() => this.#handle.truncate(0))
    let position = 0
    for await (const chunk of body) {
      await this.#doing(() => this.#writeAt(chunk, position))
      position += chunk.length
    }
  }

  /** What was written, part by part. */
  async *read(): AsyncGenerator<Bytes> {
    for (let position = 0; ;) {
      const { buffer, bytesRead } = await this.#doing(() => this.#handle.read({ position }))
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
      position += bytesRead
    }
  }

  /** Puts it where the target is, in one step. */
  async publish(): Promise<void> {
    await this.#doing(() => rename(this.#file, this.#target))
  }

  /** Lets go of it; the file goes, unless it was published. */
  async discard(): Promise<void> {
    // A write that nobody waits for any more may be under way: it fails, and the file goes.
    await this.#handle.close().catch(() => undefined)
    await rm(this.#file, { force: true })
  }

  async #writeAt(chunk: Bytes, position: number): Promise<void> {
    for (let from = 0; from < chunk.length;) {
      const { bytesWritten } = await this.#handle.write(chunk, from, chunk.length - from, position + from)
      from += bytesWritten
    }
  }

  async #doing<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action()
    } catch (error) {
      throw writeFailed(this.#target, error)
    }
  }
}
