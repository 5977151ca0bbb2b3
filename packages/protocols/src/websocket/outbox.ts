import { type DeflateTerms } from './deflate-terms.ts'
import { deflate, fewestCompressed } from './deflate.ts'
import { opcodes } from './frame-parser.ts'
import { type FrameWriter, frameBits } from './frame-writer.ts'

interface Waiting {
  opcode: number
  data: Uint8Array
}

/** Compresses messages on their way to the writer, keeping their order: while one is in work, those behind it wait. */
export class Outbox {
  readonly #writer: FrameWriter
  readonly #terms: DeflateTerms
  readonly #onWritable: () => void
  #waiting: Waiting[] = []
  #waitingBytes = 0
  #isBusy = false

  /** `onWritable` is called when the writer has got something later than in `add`. */
  constructor(writer: FrameWriter, terms: DeflateTerms, onWritable: () => void) {
    this.#writer = writer
    this.#terms = terms
    this.#onWritable = onWritable
  }

  get bytes(): number {
    return this.#waitingBytes
  }

  add(opcode: number, data: Uint8Array): void {
    if (this.#isBusy) this.#wait(opcode, data)
    else this.#pass(opcode, data)
  }

  clear(): void {
    this.#waiting = []
    this.#waitingBytes = 0
  }

  #wait(opcode: number, data: Uint8Array): void {
    this.#waiting.push({ opcode, data })
    this.#waitingBytes += data.length
  }

  #pass(opcode: number, data: Uint8Array): void {
    const isMessage = opcode < opcodes.close
    if (!isMessage || data.length < fewestCompressed) return this.#writer.add(frameBits.final | opcode, data)
    const deflated = deflate(data, this.#terms)
    if (!(deflated instanceof Promise)) return this.#write(opcode, deflated)
    this.#isBusy = true
    this.#waitingBytes += data.length
    void this.#passLater(opcode, data, deflated)
  }

  async #passLater(opcode: number, data: Uint8Array, deflated: Promise<Uint8Array>): Promise<void> {
    // A message that cannot be compressed is still a message.
    const compressed = await deflated.catch(() => undefined)
    this.#waitingBytes = Math.max(0, this.#waitingBytes - data.length)
    this.#isBusy = false
    if (compressed) this.#write(opcode, compressed)
    else this.#writer.add(frameBits.final | opcode, data)
    this.#passOn()
    this.#onWritable()
  }

  #passOn(): void {
    while (!this.#isBusy) {
      const next = this.#waiting.shift()
      if (!next) return
      this.#waitingBytes -= next.data.length
      this.#pass(next.opcode, next.data)
    }
  }

  #write(opcode: number, deflated: Uint8Array): void {
    this.#writer.add(frameBits.final | frameBits.compressed | opcode, deflated)
  }
}
