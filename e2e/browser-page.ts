import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { type Cleanup, createTempFolder, waitUntil } from '@pelton/testkit'

/** A page in a browser without a window, steered by the DevTools protocol. */
export interface BrowserPage {
  /** Goes to an address and waits until the page has loaded. */
  open(url: string): Promise<void>
  /** The value of an expression, awaited; as JSON can carry it. Rejects with what the page throws. */
  evaluate<T>(expression: string): Promise<T>
  /** Waits until an expression holds, at most 20 s. */
  until(expression: string): Promise<void>
  /** Gives a file input that a selector finds the files of these paths, as a user who chooses them does. */
  choose(selector: string, files: readonly string[]): Promise<void>
  /** Any other command. */
  send(method: string, parameters?: object): Promise<Record<string, unknown>>
  /** What the page reported so far that a user would see in the console as an error: exceptions and refusals of its policy. */
  readonly faults: readonly string[]
}

interface Message {
  id?: number
  method?: string
  params?: Record<string, unknown>
  result?: Record<string, unknown>
  error?: { message: string }
}

type Reply = PromiseWithResolvers<Record<string, unknown>>

/** Starts the browser; it ends with the test, and all that it writes goes with it. */
export async function startBrowser(test: Cleanup, command: string): Promise<BrowserPage> {
  const profile = await startProcess(test, command)
  const portFile = path.join(profile, 'DevToolsActivePort')
  const patience = { deadlineMs: 60_000, everyMs: 50 }
  const port = await waitUntil('the port of the browser', () => portIn(portFile), patience)
  const targets = (): Promise<{ type: string; webSocketDebuggerUrl: string }[]> =>
    fetch(`http://127.0.0.1:${port}/json`).then((answer) => answer.json() as ReturnType<typeof targets>)
  const target = await waitUntil('a page', async () => (await targets()).find(({ type }) => type === 'page'), patience)
  return steer(await connect(test, target?.webSocketDebuggerUrl ?? ''))
}

function portIn(file: string): string | undefined {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n', 1)[0] || undefined : undefined
}

/** Gives the folder of its profile. */
async function startProcess(test: Cleanup, command: string): Promise<string> {
  const removals: (() => unknown)[] = []
  const folder = await createTempFolder({ after: (action) => void removals.push(action) })
  const profile = path.join(folder, 'profile')
  const flags = ['--headless', '--remote-debugging-port=0', `--user-data-dir=${profile}`, '--no-first-run']
  const quiet = ['--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking', '--disable-breakpad']
  // Its sandbox cannot be had as root.
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const env = { ...process.env, HOME: folder, TMPDIR: folder, XDG_CONFIG_HOME: folder, XDG_CACHE_HOME: folder }
  const child = spawn(command, [...flags, ...quiet, ...sandbox, 'about:blank'], {
    env,
    stdio: 'ignore',
    detached: true,
  })
  const ended = once(child, 'exit')
  test.after(async () => {
    // It has processes of its own.
    process.kill(-Number(child.pid), 'SIGKILL')
    await ended
    for (const remove of removals) await remove()
  })
  await once(child, 'spawn')
  return profile
}

async function connect(test: Cleanup, url: string): Promise<WebSocket> {
  const socket = new WebSocket(url)
  test.after(() => socket.close())
  await once(socket, 'open')
  return socket
}

async function steer(socket: WebSocket): Promise<BrowserPage> {
  const replies = new Map<number, Reply>()
  const faults: string[] = []
  let last = 0
  let loaded = Promise.withResolvers<void>()
  const take = ({ id, method, params, result = {}, error }: Message): void => {
    const reply = replies.get(id ?? 0)
    if (error) reply?.reject(new Error(error.message))
    else reply?.resolve(result)
    if (method === 'Page.loadEventFired') loaded.resolve()
    const fault = method === undefined ? undefined : faultIn(method, params)
    if (fault !== undefined) faults.push(fault)
  }
  socket.addEventListener('message', ({ data }) => take(JSON.parse(String(data)) as Message))
  const send: BrowserPage['send'] = (method, params = {}) => {
    const reply: Reply = Promise.withResolvers()
    replies.set(++last, reply)
    socket.send(JSON.stringify({ id: last, method, params }))
    return reply.promise
  }
  for (const domain of ['Page', 'Runtime', 'Log', 'DOM']) await send(`${domain}.enable`)
  const evaluate = async <T>(expression: string): Promise<T> => {
    const answer = await send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })
    const { result, exceptionDetails } = answer as { result: { value: T }; exceptionDetails?: Thrown }
    if (exceptionDetails) throw new Error(thrownText(exceptionDetails))
    return result.value
  }
  return {
    send,
    evaluate,
    faults,
    async open(url) {
      loaded = Promise.withResolvers()
      await send('Page.navigate', { url })
      await loaded.promise
    },
    async until(expression) {
      await waitUntil(expression, () => evaluate<boolean>(expression), { deadlineMs: 20_000, everyMs: 50 })
    },
    async choose(selector, files) {
      const { root } = (await send('DOM.getDocument')) as { root: { nodeId: number } }
      const { nodeId } = await send('DOM.querySelector', { nodeId: root.nodeId, selector })
      await send('DOM.setFileInputFiles', { nodeId, files })
    },
  }
}

interface Thrown {
  text: string
  exception?: { description?: string }
}

function thrownText({ text, exception }: Thrown): string {
  return exception?.description ?? text
}

function faultIn(method: string, params: Record<string, unknown> | undefined): string | undefined {
  if (method === 'Runtime.exceptionThrown') return thrownText(params?.['exceptionDetails'] as Thrown)
  if (method !== 'Log.entryAdded') return undefined
  const entry = params?.['entry'] as { level: string; text: string; source: string }
  // An answer with an error status is for the page to show.
  return entry.level === 'error' && entry.source !== 'network' ? `${entry.source}: ${entry.text}` : undefined
}
