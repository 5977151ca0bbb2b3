import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { type Cleanup, createTempFolder } from './temp-folder.ts'
import { waitUntil, within } from './wait-until.ts'

/** How an Envoy is started. */
export interface EnvoyOptions {
  /** Absolute path of its program. */
  binary: string
  /** Its bootstrap: an object, or the text of a YAML file. Without `admin`, which is added; listeners may have port 0. */
  bootstrap: object | string
  /** Worker threads; default 1. */
  concurrency?: number
  /** As `--component-log-level` takes it: `ext_proc:debug,http:debug`. */
  logLevels?: string
}

/** An Envoy that is live. */
export interface RunningEnvoy {
  readonly pid: number
  /** Port of a listener by its name, or the only one's. */
  port(listener?: string): number
  /** Answer of its admin interface. */
  admin(pathAndQuery: string): Promise<string>
  /** Counters and gauges whose name contains `part`. */
  stats(part: string): Promise<Record<string, number>>
  /** What it printed last, at most 256 KiB: warnings, and the levels that were asked for. */
  log(): string
}

const patience = { deadlineMs: 20_000, everyMs: 20 }
const maxLog = 256 * 1024

/** Starts Envoy with its files in a temporary folder; it ends with the test. Rejects with its log when it does not start. */
export async function startEnvoy(test: Cleanup, options: EnvoyOptions): Promise<RunningEnvoy> {
  const { bootstrap } = options
  const isText = typeof bootstrap === 'string'
  const name = isText ? 'envoy.yaml' : 'envoy.json'
  const folder = await createTempFolder(test, { [name]: isText ? bootstrap : JSON.stringify(bootstrap) })
  const addressFile = path.join(folder, 'admin-address')
  const child = spawn(options.binary, argumentsOf(options, path.join(folder, name), addressFile), {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: folder,
  })
  const log = keepLog(child)
  let isGone = false
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve(void (isGone = true))))
  // A program that cannot be started says so here, and then closes.
  child.once('error', (error) => log.add(error.message))
  test.after(() => stop(child, exited))
  const address = await waitUntil('envoy being live', () => liveAt(addressFile, isGone), patience).catch((cause) => {
    throw new Error(`envoy did not become live: ${log.text()}`, { cause })
  })
  const admin = async (at: string): Promise<string> => (await fetch(`http://${address}${at}`)).text()
  const ports = await listenerPorts(admin)
  return {
    pid: child.pid ?? 0,
    port(listener = [...ports.keys()][0] ?? '') {
      const port = ports.get(listener)
      if (port === undefined) throw new Error(`no listener ${listener}, there are: ${[...ports.keys()].join(', ')}`)
      return port
    },
    admin,
    stats: async (part) => readStats(await admin(`/stats?filter=${encodeURIComponent(part)}`)),
    log: log.text,
  }
}

function argumentsOf(options: EnvoyOptions, file: string, addressFile: string): string[] {
  const admin = { admin: { address: { socket_address: { address: '127.0.0.1', port_value: 0 } } } }
  const config = ['--config-path', file, '--config-yaml', JSON.stringify(admin), '--admin-address-path', addressFile]
  // Access logs come at once.
  const always = ['--disable-hot-restart', '--log-level', 'warn', '--file-flush-interval-msec', '20']
  const levels = options.logLevels === undefined ? [] : ['--component-log-level', options.logLevels]
  return [...config, ...always, '--concurrency', String(options.concurrency ?? 1), ...levels]
}

function keepLog(child: ChildProcess): { text: () => string; add: (text: string) => void } {
  let text = ''
  const add = (more: string): void => void (text = (text + more).slice(-maxLog))
  child.stdout?.setEncoding('utf8').on('data', add)
  child.stderr?.setEncoding('utf8').on('data', add)
  return { text: () => text, add }
}

/** The admin address, when Envoy says that it is live: all its clusters and listeners are there. Empty before. */
async function liveAt(addressFile: string, isGone: boolean): Promise<string> {
  if (isGone) throw new Error('envoy ended')
  const address = fs.existsSync(addressFile) ? fs.readFileSync(addressFile, 'utf8') : ''
  if (address === '') return ''
  const answer = await fetch(`http://${address}/ready`).catch(() => undefined)
  return answer?.status === 200 ? address : ''
}

async function listenerPorts(admin: RunningEnvoy['admin']): Promise<Map<string, number>> {
  interface Listener {
    name: string
    local_address: { socket_address: { port_value: number } }
  }
  const answer = JSON.parse(await admin('/listeners?format=json')) as { listener_statuses?: Listener[] }
  const found = answer.listener_statuses ?? []
  return new Map(found.map((listener) => [listener.name, listener.local_address.socket_address.port_value]))
}

function readStats(text: string): Record<string, number> {
  const pairs = text.split('\n').map((line) => line.split(': '))
  return Object.fromEntries(
    pairs
      .filter(([, value]) => value !== undefined && /^\d+$/.test(value))
      .map(([name, value]) => [name, Number(value)]),
  )
}

/** It would drain for long when asked politely, and has nothing to lose. */
async function stop(child: ChildProcess, exited: Promise<void>): Promise<void> {
  child.kill('SIGKILL')
  await within('the end of envoy', exited)
}
