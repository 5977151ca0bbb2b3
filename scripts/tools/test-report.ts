import type { EventData } from 'node:test'
import { inspect } from 'node:util'
import path from 'node:path'

/** What became of one file of tests. */
export interface FileReport {
  passed: number
  skipped: { name: string; reason: unknown }[]
  failures: string[]
  /** What it printed, the newest 64 KiB. */
  output: string
  ms: number
}

type TestEnd = EventData.TestPass | EventData.TestFail

/** Collects the events of `run()` into one report a file. */
export class TestReport {
  readonly files = new Map<string, FileReport>()
  readonly #root: string
  /** Results of the file that is being reported: they come file by file, but a shared suite's name its own file. */
  #current = emptyResults()
  /** Names of the tests around the one that is being reported. */
  #path: string[] = []

  constructor(root: string) {
    this.#root = root
  }

  start({ name, nesting }: EventData.TestStart): void {
    this.#path = [...this.#path.slice(0, nesting), name]
  }

  pass(data: EventData.TestPass): void {
    if (data.skip !== undefined) this.#current.skipped.push({ name: this.#fullName(data), reason: data.skip })
    else if (data.details.type !== 'suite') this.#current.passed += 1
  }

  fail(data: EventData.TestFail): void {
    if (isOnlyParent(data)) return
    const wholeFile = data.name === data.file ? data.file : undefined
    const name = wholeFile === undefined ? this.#fullName(data) : 'the file'
    this.#current.failures.push(`${name} (${placeOf(data, this.#root)})\n${reasonOf(data)}`)
    if (wholeFile !== undefined) this.end(wholeFile, data.details.duration_ms)
  }

  /** Gives what was reported since the last end to `file`. */
  end(file: string, ms: number): FileReport {
    const { output } = this.#of(file)
    const report = { ...this.#current, output, ms }
    this.files.set(path.relative(this.#root, file), report)
    this.#current = emptyResults()
    return report
  }

  print(data: EventData.TestStdout | EventData.TestStderr): void {
    if (data.file === undefined) return
    const report = this.#of(data.file)
    report.output = (report.output + data.message).slice(-65_536)
  }

  #of(file: string): FileReport {
    const name = path.relative(this.#root, file)
    let report = this.files.get(name)
    if (!report) this.files.set(name, (report = { ...emptyResults(), output: '', ms: 0 }))
    return report
  }

  #fullName({ name, nesting }: TestEnd): string {
    return [...this.#path.slice(0, nesting), name].join(' › ')
  }
}

function emptyResults(): Pick<FileReport, 'passed' | 'skipped' | 'failures'> {
  return { passed: 0, skipped: [], failures: [] }
}

/** A suite that failed only because something in it did says nothing new. */
function isOnlyParent(data: EventData.TestFail): boolean {
  return (data.details.error as { failureType?: string }).failureType === 'subtestsFailed'
}

function placeOf(data: TestEnd, root: string): string {
  return data.file ? `${path.relative(root, data.file)}:${data.line ?? 1}` : 'no file'
}

function reasonOf(data: EventData.TestFail): string {
  const { cause, message } = data.details.error
  return cause === undefined ? message : inspect(cause, { depth: 6 })
}
