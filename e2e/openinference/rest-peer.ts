import http from 'node:http'
import type { Cleanup } from '@pelton/testkit'
import { within } from '@pelton/testkit'

/** A request as it goes out. */
export interface RestRequest {
  method?: string
  /** Names may come twice: they go out as they are. */
  headers?: readonly (readonly [name: string, value: string])[]
  body?: string | Uint8Array
}

/** An answer as it came in. */
export interface RestAnswer {
  status: number
  headers: http.IncomingHttpHeaders
  body: Buffer
  /** The body as JSON; what is no object is its undoing. */
  json(): Record<string, unknown>
}

/** A client of Node's own that keeps its connections and changes nothing. */
export interface RestPeer {
  ask(path: string, request?: RestRequest): Promise<RestAnswer>
}

/** A peer of a port of the loopback; its connections are closed with the test. */
export function connectRest(test: Cleanup, port: number): RestPeer {
  const agent = new http.Agent({ keepAlive: true })
  test.after(() => agent.destroy())
  return {
    ask: (path, request = {}) => within(path, exchange({ agent, port, path }, request), 20_000),
  }
}

function exchange(to: http.RequestOptions, { method, headers = [], body }: RestRequest): Promise<RestAnswer> {
  return new Promise((resolve, reject) => {
    const given = body === undefined ? [] : [['Content-Length', String(Buffer.byteLength(body))] as const]
    const lines = [['Host', '127.0.0.1'] as const, ...given, ...headers].flat()
    const request = http.request({
      ...to,
      host: '127.0.0.1',
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: lines as unknown as http.OutgoingHttpHeaders,
    })
    request.on('error', reject)
    request.on('response', (response) => {
      const parts: Buffer[] = []
      response.on('error', reject)
      response.on('data', (part: Buffer) => void parts.push(part))
      response.on('end', () => resolve(answerOf(response, Buffer.concat(parts))))
    })
    request.end(body)
  })
}

function answerOf({ statusCode = 0, headers }: http.IncomingMessage, body: Buffer): RestAnswer {
  return { status: statusCode, headers, body, json: () => JSON.parse(body.toString()) as Record<string, unknown> }
}
