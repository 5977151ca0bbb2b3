import path from 'node:path'
import { after, before } from 'node:test'
import { type Cleanup, createTempFolder, waitUntil } from '@pelton/testkit'
import { type LogLine, type PeltonProcess, type StartOptions, startPelton } from '../pelton-process.ts'

/** A function that runs, with all its addresses. */
export interface ServedFunction {
  readonly pelton: PeltonProcess
  /** Of the first trigger that has one. */
  readonly url: string
  readonly port: number
  readonly admin: string
  readonly health: string
  /** Of the trigger of this name. */
  urlOf(trigger: string): string
  /** Sends a body and reads the answer. */
  ask(body?: string | Uint8Array, request?: AskOptions): Promise<Answer>
  /** The first log line that has these facts; waits for it. */
  logged(facts: Record<string, unknown>): Promise<LogLine>
  /** The sum of a series of `/metrics` over all samples that have these labels. */
  metric(name: string, labels?: Record<string, string>): Promise<number>
  /** Waits until `/ready` has this status, 30 s at most, and gives what it says. */
  untilReady(status: number): Promise<string>
  /** Events counted by a trigger so far: successes and failures. */
  counts(trigger: string): Promise<{ success: number; failure: number }>
}

/** What a request has beside its body. */
export interface AskOptions {
  /** Default: the first trigger's. */
  url?: string
  /** Path and query. */
  path?: string
  method?: string
  headers?: Record<string, string>
}

/** An answer that was read to its end. */
export interface Answer {
  status: number
  /** Without parameters. */
  type: string
  text: string
  bytes: Buffer
  headers: Headers
}

/** How a function is served. */
export interface ServeOptions extends StartOptions {
  args?: string[]
  /** Path below the folder. Default: the folder itself. */
  path?: string
  /** Lines added to the platform file. */
  platform?: string
}

const platformFile = 'webAdmin: { listenAddress: "127.0.0.1:0" }\nhealthCheck: { listenAddress: "127.0.0.1:0" }\n'

/** The folder of a fixture. */
export function fixture(name: string): string {
  return path.join(import.meta.dirname, 'fixtures', name)
}

/** Starts `pelton run` with a fixture's folder or with files of a temporary one, admin and health on free ports. */
export async function serve(
  test: Cleanup,
  from: string | Record<string, string | Uint8Array>,
  options: ServeOptions = {},
): Promise<ServedFunction> {
  const files = typeof from === 'string' ? {} : from
  const folder = await createTempFolder(test, { ...files, 'platform.yaml': platformFile + (options.platform ?? '') })
  const args = [
    '--platform-config',
    path.join(folder, 'platform.yaml'),
    '--log-format',
    'json',
    ...(options.args ?? []),
  ]
  const at = path.join(typeof from === 'string' ? fixture(from) : folder, options.path ?? '')
  const start = async (): Promise<ServedFunction | undefined> => {
    const pelton = startPelton(['run', at, ...args], { cwd: folder, ...options })
    test.after(async () => void (await pelton.stop()))
    return (await hasStarted(pelton)) ? servedBy(pelton) : undefined
  }
  const patience = { deadlineMs: 30_000, everyMs: 200 }
  return (await waitUntil('a function that serves', start, patience)) as ServedFunction
}

/** False when another test has the one port that Kubernetes probes. */
async function hasStarted(pelton: PeltonProcess): Promise<boolean> {
  try {
    await pelton.line('function_started')
    return true
  } catch (error) {
    if (String(error).includes('The readiness probe cannot listen on 0.0.0.0:8080')) return false
    throw error
  }
}

/** The same for all tests of a suite: call it where they are defined, and the result in them. */
export function serveSuite(
  from: string | Record<string, string | Uint8Array>,
  options?: ServeOptions,
): () => ServedFunction {
  const cleanups: (() => Promise<void> | void)[] = []
  let served: ServedFunction | undefined
  before(async () => {
    served = await serve({ after: (action) => void cleanups.unshift(action) }, from, options)
  })
  after(async () => {
    for (const cleanup of cleanups) await cleanup()
  })
  return () => {
    if (!served) throw new Error('the function has not been started')
    return served
  }
}

function servedBy(pelton: PeltonProcess): ServedFunction {
  const started = pelton.lines().find((line) => line.message === 'function_started')
  const triggers = pelton.lines().filter((line) => line.message === 'trigger_started')
  const admin = String(started?.['admin'])
  const urls = new Map(
    triggers.map((line) => [String(line['name']), (line['urls'] as string[] | undefined)?.[0] ?? '']),
  )
  const urlOf = (trigger: string): string => toLoopback(urls.get(trigger) ?? '')
  const url = toLoopback([...urls.values()].find((one) => one !== '') ?? '')
  const health = String(started?.['health'])
  return {
    pelton,
    url,
    port: url === '' ? 0 : Number(new URL(url).port),
    admin,
    health,
    urlOf,
    ask: (body, request = {}) => ask(request.url ?? url, body, request),
    logged: (facts) =>
      waitUntil(`a log line with ${JSON.stringify(facts)}`, () =>
        pelton.lines().find((line) => Object.entries(facts).every(([key, value]) => line[key] === value)),
      ) as Promise<LogLine>,
    async metric(name, labels = {}) {
      return sumSamples(await (await fetch(`${admin}/metrics`)).text(), name, labels)
    },
    untilReady: (status) => untilReady(health, status),
    async counts(trigger) {
      const stats = (await (await fetch(`${admin}/triggers/${trigger}/stats`)).json()) as Record<string, number>
      return { success: stats['eventsHandledSuccessTotal'] ?? NaN, failure: stats['eventsHandledFailureTotal'] ?? NaN }
    },
  }
}

async function untilReady(health: string, status: number): Promise<string> {
  let text = ''
  const look = async (): Promise<boolean> => {
    const response = await fetch(`${health}/ready`)
    text = await response.text()
    return response.status === status
  }
  await waitUntil(`ready with ${status}`, look, { deadlineMs: 30_000, everyMs: 50 })
  return text
}

function toLoopback(url: string): string {
  return url.replace(/\/\/(0\.0\.0\.0|\[::\])/, '//127.0.0.1').replace(/\/$/, '')
}

async function ask(url: string, body: string | Uint8Array | undefined, request: AskOptions): Promise<Answer> {
  const method = request.method ?? (body === undefined ? 'GET' : 'POST')
  const response = await fetch(url + (request.path ?? '/'), {
    method,
    ...(request.headers ? { headers: request.headers } : {}),
    ...(body === undefined ? {} : { body: Buffer.from(body as Uint8Array) }),
  })
  const bytes = Buffer.from(await response.arrayBuffer())
  const type = response.headers.get('content-type')?.split(';', 1)[0] ?? ''
  return { status: response.status, type, text: bytes.toString(), bytes, headers: response.headers }
}

function sumSamples(text: string, name: string, labels: Record<string, string>): number {
  const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`)
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) && wanted.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}
