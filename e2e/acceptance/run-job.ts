import fs from 'node:fs'
import path from 'node:path'
import { type Cleanup, createTempFolder } from '@pelton/testkit'
import { type LogLine, type PeltonProcess, type StartOptions, startPelton } from '../pelton-process.ts'

/** A function with a job that was started. */
export interface StartedJob {
  readonly pelton: PeltonProcess
  readonly folder: string
  /** The text of a file in its folder; undefined when there is none. */
  file(name: string): string | undefined
}

/** A job that has ended. */
export interface EndedJob extends StartedJob {
  readonly code: number | null
  readonly stdout: string
  /** The first log line of this message; fails when there is none. */
  line(message: string): LogLine
  /** From the end of the job to that of the process. */
  readonly endMs: number
}

/** How a job is run. */
export interface JobRun extends StartOptions {
  args?: string[]
  /** Path below the folder. Default: the folder itself. */
  path?: string
}

const platformFile = 'webAdmin: { listenAddress: "127.0.0.1:0" }\nhealthCheck: { listenAddress: "127.0.0.1:0" }\n'

/** Starts `pelton run` with files of a temporary folder, in it. */
export async function startJob(
  test: Cleanup,
  files: Record<string, string>,
  options: JobRun = {},
): Promise<StartedJob> {
  const folder = await createTempFolder(test, { ...files, 'platform.yaml': platformFile })
  const args = ['--platform-config', 'platform.yaml', '--log-format', 'json', ...(options.args ?? [])]
  const pelton = startPelton(['run', options.path ?? '.', ...args], { cwd: folder, ...options })
  test.after(async () => void (await pelton.stop()))
  const file = (name: string): string | undefined => {
    const at = path.join(folder, name)
    return fs.existsSync(at) ? fs.readFileSync(at, 'utf8') : undefined
  }
  return { pelton, folder, file }
}

/** Runs a job until its process has ended by itself, or by what `meanwhile` does to it. */
export async function runJob(
  test: Cleanup,
  files: Record<string, string>,
  options: JobRun & { meanwhile?: (pelton: PeltonProcess) => Promise<unknown> } = {},
): Promise<EndedJob> {
  const job = await startJob(test, files, options)
  const { pelton } = job
  await options.meanwhile?.(pelton)
  const { code } = await pelton.ended
  const endedAt = Date.now()
  const line = (message: string): LogLine => {
    const found = pelton.lines().find((one) => one.message === message)
    if (!found) throw new Error(`no log line ${message}:\n${pelton.stderr()}`)
    return found
  }
  const last = pelton.lines().findLast(({ message }) => /^job_(succeeded|failed)$/.test(message))
  const endMs = last ? endedAt - Date.parse(last.time) : NaN
  return { ...job, code, stdout: pelton.stdout().toString(), line, endMs }
}

/** A Pelton file with one job, and more of `spec` as lines. */
export function jobFile(attributes: string, more = '', runtime = 'nodejs'): string {
  return `apiVersion: pelton/v1
kind: Function
metadata: { name: job }
spec:
  runtime: ${runtime}
  handler: ${runtime === 'nodejs' ? 'handler.mjs' : 'handler.py'}
${more}  triggers:
    once: { kind: job, attributes: ${attributes} }
`
}
