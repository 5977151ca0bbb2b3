import { once } from 'node:events'
import http from 'node:http'
import http2 from 'node:http2'
import { type Cleanup, within } from '@pelton/testkit'
import { type HeaderLines, linesOf } from './header-lines.ts'

/** What a client sends. */
export interface ClientRequest {
  method?: string
  path: string
  headers?: Record<string, string | string[]>
  /** Written one by one; one part alone goes with its content-length. */
  body?: readonly (string | Uint8Array)[]
  trailers?: Record<string, string>
}

/** What a client got. */
export interface ClientAnswer {
  status: number
  headers: HeaderLines
  trailers: HeaderLines
  body: Buffer
}

/** A client of one version of HTTP that keeps its connection. */
export interface Client {
  ask(request: ClientRequest): Promise<ClientAnswer>
  /** Also at the end of the test. */
  close(): void
}

const askMs = 30_000

/** Connects to a port of the loopback with HTTP/1.1 or, with prior knowledge, HTTP/2; until the test ends. */
export function connectClient(test: Cleanup, port: number, version: '1.1' | '2'): Client {
  const { ask, close } = version === '1.1' ? http1Client(port) : http2Client(port)
  test.after(close)
  return { ask: (request) => within(`${methodOf(request)} ${request.path}`, ask(request), askMs), close }
}

function headersOf({ headers = {}, body = [], trailers }: ClientRequest): Record<string, string | string[]> {
  const length = Buffer.byteLength(body[0] ?? '')
  const isKnown = body.length === 1 && trailers === undefined
  return { ...(isKnown ? { 'content-length': String(length) } : {}), ...headers }
}

function methodOf({ method, body = [] }: ClientRequest): string {
  return method ?? (body.length === 0 ? 'GET' : 'POST')
}

function http1Client(port: number): Client {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  const ask = async (request: ClientRequest): Promise<ClientAnswer> => {
    const { path, body = [], trailers } = request
    const options = { agent, method: methodOf(request), path, headers: headersOf(request) }
    const sent = http.request({ host: '127.0.0.1', port, ...options })
    const answered = once(sent, 'response') as Promise<[http.IncomingMessage]>
    answered.catch(() => undefined) // Also rejects below; a write that fails comes first.
    await writeParts(sent, body)
    if (trailers !== undefined) sent.addTrailers(trailers)
    sent.end()
    const [answer] = await answered
    const whole = await readAll(answer)
    return {
      status: answer.statusCode ?? 0,
      headers: linesOf(answer.rawHeaders),
      trailers: linesOf(answer.rawTrailers),
      body: whole,
    }
  }
  return { ask, close: () => agent.destroy() }
}

function http2Client(port: number): Client {
  const session = http2.connect(`http://127.0.0.1:${port}`)
  // Requests that are cut by it reject.
  session.on('error', () => undefined)
  const ask = async (request: ClientRequest): Promise<ClientAnswer> => {
    const { path, body = [], trailers } = request
    const head = { ':method': methodOf(request), ':path': path, ...headersOf(request) }
    const isEmpty = body.length === 0 && trailers === undefined
    const stream = session.request(head, { endStream: isEmpty, waitForTrailers: trailers !== undefined })
    stream.once('wantTrailers', () => stream.sendTrailers(trailers ?? {}))
    let ending: HeaderLines = []
    stream.once('trailers', (_headers, _flags, raw: string[]) => (ending = linesOf(raw)))
    const answered = responseOf(stream)
    answered.catch(() => undefined) // Also rejects below; a write that fails comes first.
    if (!isEmpty) {
      await writeParts(stream, body)
      stream.end()
    }
    const { headers, raw } = await answered
    const whole = await readAll(stream)
    return { status: Number(headers[':status']), headers: linesOf(raw), trailers: ending, body: whole }
  }
  return { ask, close: () => session.destroy() }
}

function responseOf(stream: http2.ClientHttp2Stream): Promise<{ headers: http2.IncomingHttpHeaders; raw: string[] }> {
  return new Promise((resolve, reject) => {
    stream.once('response', (headers, _flags, raw) => resolve({ headers, raw: raw }))
    stream.once('error', reject)
    stream.once('close', () => reject(new Error('the stream was closed')))
  })
}

async function writeParts(
  to: http.ClientRequest | http2.ClientHttp2Stream,
  parts: readonly (string | Uint8Array)[],
): Promise<void> {
  for (const part of parts) {
    ;(to as NodeJS.WritableStream).write(part)
    // Each part leaves before the next one is there.
    if (parts.length > 1) await new Promise((resolve) => setImmediate(resolve))
  }
}

async function readAll(from: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of from) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
