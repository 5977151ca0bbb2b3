import fs from 'node:fs/promises'
import { errors } from '../../errors.ts'

/** A file that has grown to this is renamed to `.1`, in place of the one before. */
const rotateBytes = 64 << 20

/** A file of JSON lines, which takes at most twice `rotateBytes` and one letter on the disk. */
export class DeadLetters {
  readonly #path: string
  readonly #rotateBytes: number
  /** Letters are written one after the other. */
  #last: Promise<void> = Promise.resolve()

  constructor(path: string, rotateAt = rotateBytes) {
    this.#path = path
    this.#rotateBytes = rotateAt
  }

  /** Makes sure that the file can be written; makes it when it is not there. Rejects with `dead_letters_unusable`. */
  async open(): Promise<void> {
    try {
      // Opening a pipe would wait for its reader.
      const known = await fs.stat(this.#path).catch(() => undefined)
      if (known && !known.isFile()) throw new Error('it is no regular file')
      await this.#append('')
    } catch (error) {
      throw errors.dead_letters_unusable({ path: this.#path, reason: (error as Error).message }, error)
    }
  }

  /** Adds a line. Rejects with `dead_letters_unusable` when it cannot be written. */
  add(line: string): Promise<void> {
    const added = this.#last.then(() => this.#write(line))
    // Whoever added a letter hears of it; the next one has its own chance.
    this.#last = added.catch(() => undefined)
    return added
  }

  async #write(line: string): Promise<void> {
    try {
      const known = await fs.stat(this.#path).catch(() => undefined)
      if (known && known.size >= this.#rotateBytes) await fs.rename(this.#path, `${this.#path}.1`)
      await this.#append(line)
    } catch (error) {
      throw errors.dead_letters_unusable({ path: this.#path, reason: (error as Error).message }, error)
    }
  }

  /** For the owner's eyes: bodies are in it. */
  #append(text: string): Promise<void> {
    return fs.appendFile(this.#path, text, { mode: 0o600 })
  }
}
