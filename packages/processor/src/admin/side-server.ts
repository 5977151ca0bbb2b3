import type { Server } from 'node:http'
import { errors } from '../errors.ts'

/** What a side listener answers; undefined is 404. */
export interface SideAnswer {
  status: number
  contentType: string
  body: string
}

/** A small HTTP listener beside the triggers: admin, health, metrics. GET and HEAD only. */
export interface SideServerOptions {
  /** For messages: `The admin listener`. */
  what: string
  host: string
  port: number
  /** A default port that is taken gives way to a free one; a configured one stops the start. */
  configured: boolean
  /** Ports that triggers are going to bind: a default keeps away from them. */
  avoid: ReadonlySet<number>
  answer: (path: string, query: URLSearchParams) => SideAnswer | undefined
}

/** A side listener that is bound. */
export interface SideServer {
  url: string
  /** The default port that was taken or wanted by a trigger. */
  movedFrom?: number
  close(): Promise<void>
}

/** Binds a side listener. Throws `address_taken` or `listen_failed`. */
export async function openSideServer(options: SideServerOptions): Promise<SideServer> {
  const { host, port, configured, avoid, answer } = options
  // An import of node:http by name reads its every member and so loads a whole WebSocket client: 30 ms of start-up.
  const { createServer } = process.getBuiltinModule('node:http')
  const server = createServer({ maxHeaderSize: 16_384, requestTimeout: 10_000, headersTimeout: 10_000 })
  server.maxConnections = 256
  server.on('request', (request, response) => {
    request.resume()
    const [path = '/', query = ''] = (request.url ?? '/').split('?', 2)
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    const found = isRead ? answer(path, new URLSearchParams(query)) : undefined
    const { status, contentType, body } = found ?? { status: 404, contentType: 'text/plain', body: 'not found\n' }
    response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) })
    response.end(request.method === 'HEAD' ? undefined : body)
  })
  const first = !configured && avoid.has(port) ? 0 : port
  const bound = await listen(server, options, first)
  // A connection that cannot be accepted, for want of descriptors, costs that client alone.
  server.on('error', () => undefined)
  return {
    url: `http://${host === '0.0.0.0' || host === '::' ? '127.0.0.1' : inUrl(host)}:${bound}`,
    ...(port !== 0 && bound !== port ? { movedFrom: port } : {}),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function inUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

async function listen(server: Server, options: SideServerOptions, port: number): Promise<number> {
  const { host, what, configured } = options
  try {
    return await bind(server, host, port)
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    const address = `${inUrl(host)}:${port}`
    if (code !== 'EADDRINUSE') throw errors.listen_failed({ what, address, reason: message }, cause)
    if (configured) throw errors.address_taken({ what, address }, cause)
    return bind(server, host, 0)
  }
}

function bind(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', reject)
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : port)
    })
  })
}
