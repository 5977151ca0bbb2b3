import type { IncomingMessage } from 'node:http'
import type { Agents } from './agents.ts'

// See agents.ts.
const http = process.getBuiltinModule('node:http')

/** One request. */
export interface GetRequest {
  url: URL
  headers: Readonly<Record<string, string>>
  agents: Agents
  /** Cuts it, also while the body of its answer is read. */
  signal: AbortSignal
}

/** What came back. `isStale`: the connection had been kept from before, and was gone before any answer. */
export type Exchange = { response: IncomingMessage } | { error: NodeJS.ErrnoException; isStale: boolean }

/** Asks for `url`; never rejects. The body of the answer has yet to be read or destroyed. */
export function sendGet({ url, headers, agents, signal }: GetRequest): Promise<Exchange> {
  return new Promise((resolve) => {
    const request = http.request({
      agent: agents.of(url.protocol),
      protocol: url.protocol,
      hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port),
      path: url.pathname + url.search,
      headers: { Accept: '*/*', 'User-Agent': 'Pelton', ...headers },
      signal,
      // Cameras end header lines as they like; nothing is passed on, so nothing can be smuggled.
      insecureHTTPParser: true,
    })
    request.on('response', (response) => resolve({ response }))
    request.on('upgrade', (_response, socket) => {
      socket.destroy()
      resolve({ error: new Error('it switches protocols'), isStale: false })
    })
    request.on('error', (error: NodeJS.ErrnoException) => {
      const isStale = request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
      resolve({ error, isStale })
    })
    request.end()
  })
}
