import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Clock } from '@pelton/core'
import type { Connections } from './connections.ts'
import type { WebhookRequest } from './webhook-request.ts'

/** What came back. */
export type Exchange =
  | { kind: 'answered'; status: number; location: string | undefined; retryAfter: string | undefined }
  /** `isStale`: the connection had been kept from before, and was gone before any answer. */
  | { kind: 'broken'; error: Error; isStale: boolean }

/** What an exchange is made with. */
export interface Sending {
  connections: Connections
  clock: Clock
}

/** Most bytes of an answer's body that are read, and dropped, so that its connection may be used again. */
const mostDrainedBytes = 64 * 1024
/** Longest time for that: a delivery does not wait for the rest of an answer that is known. */
const mostDrainingMs = 1000

/** Makes one request; never rejects. When `signal` aborts it is cut, with the reason as its error. */
export function sendRequest(
  request: WebhookRequest,
  headers: Record<string, string>,
  { connections, clock }: Sending,
  signal: AbortSignal,
): Promise<Exchange> {
  return new Promise((resolve) => {
    const outgoing = connections.begin(request, headers)
    const cut = (): void => void outgoing.destroy(signal.reason as Error)
    const end = (exchange: Exchange): void => {
      signal.removeEventListener('abort', cut)
      resolve(exchange)
    }
    if (signal.aborted) cut()
    signal.addEventListener('abort', cut, { once: true })
    outgoing.on('response', (incoming) => drain(outgoing, incoming, clock, () => end(answer(incoming))))
    outgoing.on('upgrade', (incoming) => {
      outgoing.destroy()
      end(answer(incoming))
    })
    // Errors after the answer change nothing any more.
    outgoing.on('error', (error) => end({ kind: 'broken', error, isStale: isStale(outgoing, error) }))
    outgoing.end(request.body)
  })
}

function answer({ statusCode, headers }: IncomingMessage): Exchange {
  return { kind: 'answered', status: statusCode ?? 0, location: headers.location, retryAfter: headers['retry-after'] }
}

function drain(outgoing: ClientRequest, incoming: IncomingMessage, clock: Clock, done: () => void): void {
  let bytes = 0
  const timer = clock.after(mostDrainingMs, () => outgoing.destroy())
  const finish = (): void => {
    timer.cancel()
    // An answer that came before the whole request leaves a connection that no other request can use.
    if (!outgoing.writableFinished) outgoing.destroy()
    done()
  }
  incoming.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > mostDrainedBytes) outgoing.destroy()
  })
  // The status is known: how its body ends does not matter.
  incoming.on('error', () => undefined)
  incoming.once('end', finish).once('close', finish)
}

function isStale(outgoing: ClientRequest, error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException
  return outgoing.reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE')
}
