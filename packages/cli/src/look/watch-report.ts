import { resolve } from 'node:path'
import type { Terminal } from '../terminal.ts'
import type { PictureFacts, Reception, SourceFacts } from './observer.ts'
import { rounded, showBytes, showMs } from './quantities.ts'
import {
  type WatchEnd,
  type WatchRecord,
  intervalRecord,
  pictureRecord,
  sourceRecord,
  totalRecord,
} from './show-records.ts'
import { showInterval, showPicture, showSource, showTotal } from './show-text.ts'
import type { Interval, Total } from './tally.ts'

/** Tells on stdout what is watched. */
export interface WatchReport {
  source(source: SourceFacts): void
  /** What its pictures are, where that was not known, or has changed. */
  picture(picture: PictureFacts, afterMs: number): void
  interval(interval: Interval, reception: Reception | undefined): void
  saved(file: string, bytes: number, afterMs: number): void
  total(total: Total, end: WatchEnd): void
  /** Resolves when all is written. */
  written(): Promise<void>
}

/** How a report is written. */
export interface ReportOptions {
  terminal: Terminal
  /** Of the source, without secrets. */
  shown: string
  isJson: boolean
}

/** One JSON object a line, or text; on a terminal intervals stand in one line that changes. */
export function createReport(options: ReportOptions): WatchReport {
  return options.isJson ? new JsonReport(options) : new TextReport(options)
}

const mostWaiting = 100

/** Writes one after the other. What would only tell of the moment is left out while the reader is behind. */
class Output {
  readonly #terminal: Terminal
  #writing: Promise<void> = Promise.resolve()
  #waiting = 0

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  get isBehind(): boolean {
    return this.#waiting > 0
  }

  /** The reader is so far behind that only what ends the report is still kept for it. */
  get isFull(): boolean {
    return this.#waiting >= mostWaiting
  }

  write(text: string): void {
    this.#waiting += 1
    this.#writing = this.#writing.then(async () => {
      await this.#terminal.result(text)
      this.#waiting -= 1
    })
    // Told by `written`.
    this.#writing.catch(() => undefined)
  }

  written(): Promise<void> {
    return this.#writing
  }
}

class JsonReport implements WatchReport {
  readonly #options: ReportOptions
  readonly #output: Output
  #isSound = false

  constructor(options: ReportOptions) {
    this.#options = options
    this.#output = new Output(options.terminal)
  }

  source(source: SourceFacts): void {
    this.#isSound = source.codec === 'sound'
    this.#write(sourceRecord(this.#options.shown, source))
  }

  picture(picture: PictureFacts, afterMs: number): void {
    if (!this.#output.isFull) this.#write(pictureRecord(picture, afterMs))
  }

  interval(interval: Interval, reception: Reception | undefined): void {
    if (!this.#output.isBehind) this.#write(intervalRecord(interval, reception, this.#isSound))
  }

  saved(file: string, bytes: number, afterMs: number): void {
    const { cwd } = this.#options.terminal
    this.#write({ type: 'saved', file: resolve(cwd, file), bytes, after_ms: rounded(afterMs, 1) })
  }

  total(total: Total, end: WatchEnd): void {
    this.#write(totalRecord(total, this.#isSound, end))
  }

  written(): Promise<void> {
    return this.#output.written()
  }

  #write(record: WatchRecord): void {
    this.#output.write(`${escaped(JSON.stringify(record))}\n`)
  }
}

/** What JSON lets stand, and terminals obey: the source's words may have it. */
function escaped(json: string): string {
  return json.replace(/[\u007f-\u009f\p{Bidi_Control}]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

const clearLine = '\r\u001b[2K'

class TextReport implements WatchReport {
  readonly #options: ReportOptions
  readonly #output: Output
  #isSound = false
  /** The line of the last interval stands, and may be written over. */
  #isOpen = false

  constructor(options: ReportOptions) {
    this.#options = options
    this.#output = new Output(options.terminal)
  }

  source(source: SourceFacts): void {
    const { shown, terminal } = this.#options
    this.#isSound = source.codec === 'sound'
    this.#write(showSource(shown, source, terminal.paintResult))
  }

  picture(picture: PictureFacts, afterMs: number): void {
    if (!this.#output.isFull) this.#write(`  ${showPicture(picture)}, after ${showMs(afterMs)}\n`)
  }

  interval(interval: Interval, reception: Reception | undefined): void {
    if (this.#output.isBehind) return
    const line = showInterval(interval, reception, this.#isSound)
    const columns = this.#options.terminal.resultColumns
    if (columns === undefined) return this.#write(`${line}\n`)
    this.#write(line.slice(0, Math.max(0, columns - 1)))
    this.#isOpen = true
  }

  saved(file: string, bytes: number, afterMs: number): void {
    this.#write(`saved ${file}, ${showBytes(bytes)}, after ${showMs(afterMs)}\n`)
  }

  total(total: Total): void {
    if (this.#isOpen) this.#output.write('\n')
    this.#isOpen = false
    this.#write(`\n${showTotal(total, this.#isSound)}`)
  }

  written(): Promise<void> {
    return this.#output.written()
  }

  #write(text: string): void {
    this.#output.write(this.#isOpen ? clearLine + text : text)
    this.#isOpen = false
  }
}
