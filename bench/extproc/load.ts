import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Load, parseWrk } from '../load.ts'
import { requestHeaders } from './request-headers.ts'

const run = promisify(execFile)

/** As many requests as it can answer, by wrk: it takes least of the machine. */
export async function saturate(port: number, connections: number, seconds: number): Promise<Load> {
  const headers = Object.entries(requestHeaders).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  const url = `http://127.0.0.1:${port}/items/7?lang=en`
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', ...headers, url]
  const { stdout } = await run('wrk', args, { timeout: (seconds + 30) * 1000 })
  return withoutFailures(parseWrk(stdout))
}

/** Requests at a rate, see paced-load.ts. */
export async function pace(port: number, perSecond: number, seconds: number): Promise<Load> {
  const file = fileURLToPath(new URL('paced-load.ts', import.meta.url))
  const args = [file, port, perSecond, seconds].map(String)
  const env = { ...process.env, NODE_OPTIONS: '' }
  const { stdout, stderr } = await run(process.execPath, args, { timeout: (seconds + 30) * 1000, env })
  return withoutFailures(JSON.parse(stdout) as Load, stderr)
}

function withoutFailures(load: Load, why = ''): Load {
  if (load.failures > 0) throw new Error(`${load.failures} of ${load.requests} requests failed. ${why}`)
  return load
}
