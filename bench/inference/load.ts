import { execFile } from 'node:child_process'
import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Load } from '../load.ts'
import type { InferMessage } from './requests.ts'

const run = promisify(execFile)

/** What the load generator does. */
export interface InferLoad {
  message: InferMessage
  port: number
  /** Each has one request in flight. */
  connections: number
  seconds: number
  /** What bytes of content an answer has: another length is a failure, since gRPC tells of errors after a status of 200. */
  answerBytes: number
}

/** Makes one request again and again with h2load, which takes the least of the machine by both protocols. Needs it on the PATH. */
export async function loadInference({ message, port, connections, seconds, answerBytes }: InferLoad): Promise<Load> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'pelton-bench-'))
  try {
    const [body, log] = [path.join(folder, 'body'), path.join(folder, 'log')]
    await fs.writeFile(body, message.body)
    const headers = Object.entries(message.headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
    const args = ['-t1', `-c${connections}`, '-m1', `-D${seconds}`, '-d', body, `--log-file=${log}`, ...headers]
    const url = `http://127.0.0.1:${port}${message.path}`
    const { stdout } = await run('h2load', [...args, ...(message.isGrpc ? [] : ['--h1']), url], {
      timeout: (seconds + 30) * 1000,
    })
    return { ...readReport(stdout, { answerBytes, connections }), ...readTimes(await fs.readFile(log, 'utf8')) }
  } finally {
    await fs.rm(folder, { recursive: true })
  }
}

/** Reads h2load's report. Throws when it has another form. */
function readReport(
  text: string,
  { answerBytes, connections }: Pick<InferLoad, 'answerBytes' | 'connections'>,
): Pick<Load, 'requests' | 'perSecond' | 'failures'> {
  const numbers = (pattern: RegExp): number[] => (pattern.exec(text) ?? []).slice(1).map(Number)
  const [perSecond] = numbers(/finished in [\d.]+m?s, ([\d.]+) req\/s/)
  const [requests, failed, errored] = numbers(/(\d+) succeeded, (\d+) failed, (\d+) errored/)
  const [contentBytes] = numbers(/traffic: .*\((\d+)\) data/)
  if (perSecond === undefined || !requests || contentBytes === undefined) throw new Error(`h2load said: ${text}`)
  // Answers that were under way at the end may have come; KServe's ids are not all as long.
  const isOther = Math.abs(contentBytes / answerBytes - requests) > connections + requests / 100
  return { requests, perSecond, failures: (failed ?? 0) + (errored ?? 0) + (isOther ? requests : 0) }
}

/** Each line of its log is the start of a request, its status, and how long it took, in microseconds. */
function readTimes(log: string): Pick<Load, 'p50Us' | 'p99Us'> {
  const times = Float64Array.from(log.trim().split('\n'), (line) => Number(line.split('\t')[2])).toSorted()
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? Number.NaN
  return { p50Us: at(0.5), p99Us: at(0.99) }
}
