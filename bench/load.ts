import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const script = fileURLToPath(new URL('post.lua', import.meta.url))

/** What one run of the load generator counted. */
export interface Load {
  requests: number
  perSecond: number
  /** Half of the requests were answered within this time, in microseconds. */
  p50Us: number
  p99Us: number
  /** Answers other than 2xx, and failures to connect, read or write. */
  failures: number
}

/** What the load generator does. */
export interface LoadShape {
  connections: number
  seconds: number
  /** Default 1,024. */
  bodyBytes?: number
}

/** Posts bodies with wrk over keep-alive connections. Needs wrk on the PATH. */
export async function post(port: number, { connections, seconds, bodyBytes = 1024 }: LoadShape): Promise<Load> {
  const url = `http://127.0.0.1:${port}/`
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', script, url]
  const env = { ...process.env, BODY_BYTES: String(bodyBytes) }
  const { stdout } = await run('wrk', args, { timeout: (seconds + 30) * 1000, env })
  return parseWrk(stdout)
}

/** Reads wrk's report. Throws when it has another form. */
export function parseWrk(text: string): Load {
  const number = (pattern: RegExp): number | undefined => {
    const found = pattern.exec(text)
    return found ? Number(found[1]) : undefined
  }
  const requests = number(/(\d+) requests in/)
  const perSecond = number(/Requests\/sec:\s+([\d.]+)/)
  const p50 = /50%\s+([\d.]+)(us|ms|s)/.exec(text)
  const p99 = /99%\s+([\d.]+)(us|ms|s)/.exec(text)
  if (requests === undefined || perSecond === undefined || !p50 || !p99) throw new Error(`wrk said: ${text}`)
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text)
  // Not its timeouts: a burst of a thousand connections overruns any server's first second.
  const socketErrors = errors ? errors.slice(1, 4).reduce((sum, count) => sum + Number(count), 0) : 0
  return {
    requests,
    perSecond,
    p50Us: microseconds(p50),
    p99Us: microseconds(p99),
    failures: (number(/Non-2xx or 3xx responses: (\d+)/) ?? 0) + socketErrors,
  }
}

function microseconds([, value, unit]: RegExpExecArray): number {
  const factor = unit === 'us' ? 1 : unit === 'ms' ? 1000 : 1e6
  return Number(value) * factor
}
