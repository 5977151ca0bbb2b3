/** A picture that has come out of ffmpeg. */
export interface CutPicture {
  /** Of its line. */
  time: number
  width: number
  height: number
  bytes: Uint8Array<ArrayBuffer>
}

/** What is done with pictures. */
export interface CutterOptions {
  /** Whether the picture of that time is of any use: else its bytes are let go as they come. */
  isNeeded(time: number): boolean
  onPicture(picture: CutPicture): void
  /** Bytes that a picture may have. */
  mostBytes: number
}

interface Line {
  time: number
  size: number
}

/** A picture that is arriving. */
interface Arriving {
  line: Line
  /** Undefined: it is of no use. */
  bytes: Uint8Array<ArrayBuffer> | undefined
  filled: number
}

/** Lines and bytes come by two ways; one may be ahead of the other by so many lines. */
const mostLines = 256

/** Cuts ffmpeg's output into pictures by the lines of its muxer framecrc. Throws when they do not fit each other. */
export class PictureCutter {
  readonly #options: CutterOptions
  readonly #lines: Line[] = []
  /** That came before the line of their picture. */
  readonly #early: Uint8Array[] = []
  #earlyBytes = 0
  #rest = ''
  #size = { width: 0, height: 0 }
  #current: Arriving | undefined

  constructor(options: CutterOptions) {
    this.#options = options
  }

  /** Some of the lines. */
  pushText(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    if (this.#rest.length > 1_024) throw new Error('it wrote a line without an end')
    for (const line of lines) this.#read(line)
    this.#useEarly()
  }

  #read(line: string): void {
    const size = /^#dimensions 0: (\d+)x(\d+)/.exec(line)
    if (size) this.#size = { width: Number(size[1]), height: Number(size[2]) }
    if (line === '' || line.startsWith('#')) return
    const [, , time, , bytes] = line.split(',').map(Number)
    const isWhole = Number.isSafeInteger(time) && Number.isSafeInteger(bytes) && bytes! <= this.#options.mostBytes
    if (!isWhole || this.#lines.length >= mostLines) throw new Error(`it wrote "${line.slice(0, 80)}"`)
    this.#lines.push({ time: time!, size: bytes! })
  }

  /** Some of the pictures' bytes. */
  pushBytes(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length) {
      const current = (this.#current ??= this.#begin())
      if (!current) return this.#keepEarly(chunk.subarray(at))
      const { line, bytes, filled } = current
      const part = chunk.subarray(at, at + line.size - filled)
      bytes?.set(part, filled)
      at += part.length
      current.filled += part.length
      if (current.filled === line.size) this.#finish(line, bytes)
    }
  }

  #begin(): Arriving | undefined {
    const line = this.#lines.shift()
    if (!line) return undefined
    const isNeeded = this.#options.isNeeded(line.time)
    return { line, bytes: isNeeded ? new Uint8Array(line.size) : undefined, filled: 0 }
  }

  #finish({ time }: Line, bytes: Uint8Array<ArrayBuffer> | undefined): void {
    this.#current = undefined
    if (bytes) this.#options.onPicture({ time, ...this.#size, bytes })
  }

  #keepEarly(chunk: Uint8Array): void {
    this.#earlyBytes += chunk.length
    if (this.#earlyBytes > this.#options.mostBytes) throw new Error('it wrote more than it told of')
    this.#early.push(chunk)
  }

  #useEarly(): void {
    const chunks = this.#early.splice(0)
    this.#earlyBytes = 0
    for (const chunk of chunks) this.pushBytes(chunk)
  }
}
