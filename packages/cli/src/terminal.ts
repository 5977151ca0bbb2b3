import type { BoundedOutput } from './log/bounded-output.ts'
import type { Paint } from './screen/paint.ts'

/** What a command sees of the world. Results go to stdout, everything else to stderr. */
export interface Terminal {
  env: Record<string, string | undefined>
  /** Absolute; relative paths of arguments start here. */
  cwd: string
  stdin: AsyncIterable<Uint8Array>
  /** Writes a part of the result; resolves when the reader has taken it. */
  result(part: string | Uint8Array): Promise<void>
  /** stderr. */
  errors: BoundedOutput
  /** Writes to stderr without waiting. */
  say(text: string): void
  /** Writes out what `say` queued; for the end of the process. */
  flush(): void
  /** Runs `action` before the process ends because of a defect of Pelton; it gets two seconds. */
  beforeDefectExit(action: () => Promise<unknown>): void
  /** Whether stderr is a terminal. */
  isInteractive: boolean
  /** Width of stdout where it is a terminal whose lines can be written over. */
  readonly resultColumns: number | undefined
  /** Colours of stderr, and of stdout. */
  paint: Paint
  paintResult: Paint
}
