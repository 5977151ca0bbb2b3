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

  constructor(root: string) {
    this.#root = root
  }

  /** The report of an absolute file, made on first use. */
  of(file: string | undefined): FileReport {
    const name = path.relative(this.#root, file ?? this.#root)
    let report = this.files.get(name)
    if (!report) this.files.set(name, (report = { passed: 0, skipped: [], failures: [], output: '', ms: 0 }))
    return report
  }

  pass(data: EventData.TestPass): void {
    const report = this.of(data.file)
    if (data.skip !== undefined) report.skipped.push({ name: data.name, reason: data.skip })
    else if (data.details.type !== 'suite') report.passed += 1
  }

  fail(data: EventData.TestFail): void {
    if (isOnlyParent(data)) return
    this.of(data.file).failures.push(`${data.name} (${placeOf(data, this.#root)})\n${reasonOf(data)}`)
  }

  print(data: EventData.TestStdout | EventData.TestStderr): void {
    const report = this.of(data.file)
    report.output = (report.output + data.message).slice(-65_536)
  }
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
