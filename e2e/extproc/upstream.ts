import { once } from 'node:events'
import http from 'node:http'
import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import { type Cleanup, waitUntil } from '@pelton/testkit'
import { type HeaderLines, linesOf } from './header-lines.ts'

/** A request as the upstream got it. */
export interface SeenRequest {
  method: string
  path: string
  headers: HeaderLines
  trailers: HeaderLines
  body: Buffer
}

/** What the upstream answers. */
export interface UpstreamAnswer {
  status?: number
  headers?: Record<string, string | string[]>
  /** Written one by one. */
  body?: readonly (string | Uint8Array)[]
  trailers?: Record<string, string>
  /** Nothing is sent before. */
  after?: Promise<void>
}

/** An upstream that speaks HTTP/1.1 on one port and HTTP/2 on another. */
export interface Upstream {
  http1Port: number
  http2Port: number
  /** The requests with this `x-case` so far; every answer carries it too. */
  seen(id: string): readonly SeenRequest[]
  /** The answer to the requests with this `x-case`; others get 200 without a body. */
  answer(id: string, answer: UpstreamAnswer): void
}

type Request = http.IncomingMessage | http2.Http2ServerRequest
type Response = http.ServerResponse | http2.Http2ServerResponse

/** Serves on free ports of the loopback until the test ends. */
export async function startUpstream(test: Cleanup): Promise<Upstream> {
  const answers = new Map<string, UpstreamAnswer>()
  const seen = new Map<string, SeenRequest[]>()
  const onRequest = async (request: Request, response: Response): Promise<void> => {
    const { body, isWhole } = await readBody(request)
    if (!isWhole) return
    const id = String(request.headers['x-case'] ?? '')
    const { method = '', url = '' } = request
    const headers = linesOf(request.rawHeaders)
    const known = seen.get(id) ?? []
    seen.set(id, [...known, { method, path: url, headers, trailers: linesOf(request.rawTrailers), body }])
    const answer = answers.get(id) ?? {}
    await answer.after
    await write(response, answer, id)
  }
  const listener = (request: Request, response: Response): void => {
    onRequest(request, response).catch((error: unknown) => response.destroy(error as Error))
  }
  const http1 = http.createServer(listener)
  const http2Server = http2.createServer(listener)
  const sessions = new Set<http2.ServerHttp2Session>()
  http2Server.on('session', (session) => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
  })
  const [http1Port, http2Port] = [await listen(http1), await listen(http2Server)]
  test.after(async () => {
    for (const session of sessions) session.destroy()
    http1.closeAllConnections()
    http1.close()
    http2Server.close()
    await waitUntil('the upstream being closed', () => !http1.listening && !http2Server.listening)
  })
  return {
    http1Port,
    http2Port,
    seen: (id) => seen.get(id) ?? [],
    answer: (id, answer) => void answers.set(id, answer),
  }
}

async function listen(server: http.Server | http2.Http2Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** A request that broke off is not answered. */
async function readBody(request: Request): Promise<{ body: Buffer; isWhole: boolean }> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer)
  } catch {
    return { body: Buffer.alloc(0), isWhole: false }
  }
  return { body: Buffer.concat(chunks), isWhole: true }
}

async function write(response: Response, answer: UpstreamAnswer, id: string): Promise<void> {
  const { status = 200, headers = {}, body = [], trailers } = answer
  const head = { 'x-case': id, ...headers }
  if (body.length === 0 && trailers === undefined && 'stream' in response) {
    // The headers themselves say that nothing follows, as they do in HTTP/1.1.
    response.stream.respond({ ':status': status, ...head }, { endStream: true })
    return
  }
  // Both kinds of responses have it with the same meaning, but no common type.
  ;(response as http.ServerResponse).writeHead(status, head)
  for (const part of body) {
    ;(response as http.ServerResponse).write(part)
    // Each part leaves before the next one is there.
    if (body.length > 1) await new Promise((resolve) => setImmediate(resolve))
  }
  if (trailers !== undefined) (response as http.ServerResponse).addTrailers(trailers)
  response.end()
}
