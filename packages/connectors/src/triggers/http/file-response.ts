import { type FileHandle, open, rm, stat } from 'node:fs/promises'
import type { Bytes, HeaderList } from '@pelton/core'

const pathHeader = 'x-nuclio-filestream-path'
const deleteHeader = 'x-nuclio-filestream-delete-after-send'
const chunkBytes = 65_536

/** A file that a handler wants sent as the body. */
export interface FileWish {
  path: string
  deletesAfterSend: boolean
  /** The answer's headers without those that expressed the wish. */
  headers: HeaderList
}

/** Reads the wish off an answer's headers; undefined when there is none. */
export function fileWish(headers: HeaderList): FileWish | undefined {
  let path: string | undefined
  let deletesAfterSend = false
  for (const [name, value] of headers) {
    if (name.length === pathHeader.length && name.toLowerCase() === pathHeader) path = value
    else if (name.length === deleteHeader.length && name.toLowerCase() === deleteHeader) deletesAfterSend = true
  }
  if (path === undefined) return undefined
  const isWish = (name: string): boolean => [pathHeader, deleteHeader].includes(name.toLowerCase())
  return { path, deletesAfterSend, headers: headers.filter(([name]) => !isWish(name)) }
}

/** A file as a stream of chunks. Leaving it closes the file, and deletes it if so wished. Rejects when it cannot be opened. */
export async function streamFile(wish: FileWish): Promise<AsyncIterable<Bytes>> {
  // A pipe would block a thread until somebody writes to it.
  if (!(await stat(wish.path)).isFile()) throw new Error(`${wish.path} is not a file`)
  return new FileStream(await open(wish.path, 'r'), wish)
}

/** Not a generator: one that was never begun would neither close nor delete when it is left. */
class FileStream implements AsyncIterable<Bytes>, AsyncIterator<Bytes, undefined> {
  readonly #file: FileHandle
  readonly #wish: FileWish
  #ending: Promise<void> | undefined

  constructor(file: FileHandle, wish: FileWish) {
    this.#file = file
    this.#wish = wish
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<Bytes, undefined>> {
    if (this.#ending) return { done: true, value: undefined }
    try {
      const { bytesRead, buffer } = await this.#file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes)
      if (bytesRead > 0) return { done: false, value: buffer.subarray(0, bytesRead) }
    } catch (error) {
      await this.#end()
      throw error
    }
    return this.return()
  }

  async return(): Promise<IteratorResult<Bytes, undefined>> {
    await this.#end()
    return { done: true, value: undefined }
  }

  #end(): Promise<void> {
    this.#ending ??= this.#closeAndDelete()
    return this.#ending
  }

  async #closeAndDelete(): Promise<void> {
    await this.#file.close()
    if (this.#wish.deletesAfterSend) await rm(this.#wish.path, { force: true })
  }
}
