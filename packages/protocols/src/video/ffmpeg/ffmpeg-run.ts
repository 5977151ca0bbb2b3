import type { Buffer } from 'node:buffer'
import type { Readable, Writable } from 'node:stream'
import { startProcess } from '../../process/process-group.ts'
import { ffmpegArguments, timeStep } from './ffmpeg-command.ts'
import { ivfHead, ivfUnitHead } from './ivf.ts'
import { mostPixels } from '../sequence-set/largest-picture.ts'
import { type CutPicture, PictureCutter } from './picture-cutter.ts'
import { type PictureNote, UnitLedger } from '../unit-ledger.ts'
import type { PictureFormat, SourceCodec, UnitToDecode } from '../video-decoder.ts'

/** What a run of ffmpeg decodes, and whom it tells. Nothing is told after `end`. */
export interface FfmpegRunOptions {
  program: string
  codec: SourceCodec
  format: PictureFormat
  onPicture(picture: Pick<CutPicture, 'bytes' | 'width' | 'height'>, note: PictureNote): void
  /** So many units are done with; of them `damaged` gave no picture. */
  onFinished(units: number, damaged: number): void
  onLost(detail: string): void
}

/** As many as may wait for a decoder. */
const mostInside = 512
const mostRemarks = 500

/** One process of ffmpeg, which decodes a stream whose pictures are all of one size. */
export class FfmpegRun {
  readonly #options: FfmpegRunOptions
  readonly #group: ReturnType<typeof startProcess>
  readonly #stdin: Writable
  readonly #ledger: UnitLedger
  readonly #cutter: PictureCutter
  #remarks = ''
  #isEnded = false

  constructor(options: FfmpegRunOptions) {
    const { program, codec, format } = options
    this.#options = options
    this.#ledger = new UnitLedger(mostInside, codec === 'jpeg' ? 0 : undefined)
    this.#cutter = new PictureCutter({
      mostBytes: mostPixels * 3,
      isNeeded: (time) => this.#isNeeded(time),
      onPicture: (picture) => this.#take(picture),
    })
    const args = ffmpegArguments(codec, format, mostPixels)
    this.#group = startProcess({ command: program, args, env: process.env }, ['pipe', 'pipe', 'pipe', 'pipe'])
    const [stdin, stdout, stderr, lines] = this.#group.child.stdio as unknown as [
      Writable,
      Readable,
      Readable,
      Readable,
    ]
    this.#stdin = stdin
    this.#listen(stdout, stderr, lines)
    stdin.write(ivfHead(codec))
  }

  /** It takes what it is given: how much waits is for the caller to bound. */
  push({ bytes, tag, due }: UnitToDecode, hasPicture: boolean): void {
    const number = hasPicture ? this.#ledger.add({ tag, due }) : this.#ledger.next
    // What has no picture comes between two units that have.
    const time = hasPicture ? (number + 1) * timeStep : number * timeStep + 1
    this.#stdin.write(ivfUnitHead(bytes.length, time))
    this.#stdin.write(bytes)
    if (!hasPicture) this.#options.onFinished(1, 0)
  }

  /** Ends the process at once; says how many units were in it. */
  end(): number {
    this.#isEnded = true
    this.#group.kill()
    return this.#ledger.clear()
  }

  #listen(stdout: Readable, stderr: Readable, lines: Readable): void {
    lines.setEncoding('latin1')
    stderr.setEncoding('latin1')
    lines.on('data', (text: string) => this.#try(() => this.#cutter.pushText(text)))
    stdout.on('data', (chunk: Buffer) => this.#try(() => this.#cutter.pushBytes(chunk)))
    stderr.on('data', (text: string) => (this.#remarks = (this.#remarks + text).slice(-mostRemarks)))
    // The end of the process says why.
    this.#stdin.on('error', () => undefined)
    void this.#group.ended.then(({ how }) => {
      const remark = this.#remarks.trim().split('\n').at(-1) ?? ''
      this.#lose(remark === '' ? how : `${how}: ${remark}`)
    })
  }

  #try(read: () => void): void {
    if (this.#isEnded) return
    try {
      read()
    } catch (error) {
      this.#group.kill()
      this.#lose(error instanceof Error ? error.message : String(error))
    }
  }

  #lose(detail: string): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#options.onLost(detail)
  }

  #isNeeded(time: number): boolean {
    const isNeeded = this.#ledger.peek(numberOf(time))?.due !== 'never'
    if (!isNeeded) this.#finish(time)
    return isNeeded
  }

  #take({ time, bytes, width, height }: CutPicture): void {
    const note = this.#finish(time)
    if (note) this.#options.onPicture({ bytes, width, height }, note)
  }

  #finish(time: number): PictureNote | undefined {
    const note = this.#ledger.take(numberOf(time))
    const damaged = this.#ledger.giveUp()
    this.#options.onFinished(damaged + (note ? 1 : 0), damaged)
    return note
  }
}

function numberOf(time: number): number {
  return Math.floor(time / timeStep) - 1
}
