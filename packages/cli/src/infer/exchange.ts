import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { formatSize } from '@pelton/core'
import { errors } from '../errors.ts'
import { showAddress } from './model-address.ts'
import { unreachableReason } from './unreachable-reason.ts'

/** What is asked. */
export interface Question {
  url: URL
  method: 'GET' | 'POST'
  headers: Record<string, string | string[]>
  body?: Uint8Array
}

/** What came back, whatever its status. */
export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
}

/** How long to wait and how much to take. */
export interface ExchangeLimits {
  timeoutMs: number
  maxBytes: number
}

/** Makes one request of HTTP/1.1 and reads the answer to its end. Throws `inference_unreachable` and `inference_answer_invalid`. */
export function exchange(question: Question, { timeoutMs, maxBytes }: ExchangeLimits): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const url = showAddress(question.url)
    const outgoing = begin(question)
    let isAnswered = false
    const end = (settle: () => void): void => {
      clearTimeout(timer)
      settle()
      outgoing.destroy()
    }
    const fail = (reason: string, cause?: unknown): void =>
      end(() => reject(errors.inference_unreachable({ url, reason }, cause)))
    const timer = setTimeout(() => fail(`no answer within ${timeoutMs / 1000} s`), timeoutMs)
    outgoing.on('response', (incoming) => {
      isAnswered = true
      const takeAll = collect(incoming, maxBytes, {
        done: (body) => end(() => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body })),
        tooLarge: () =>
          end(() =>
            reject(errors.inference_answer_invalid({ url, reason: `it is larger than ${formatSize(maxBytes)}` })),
          ),
      })
      incoming.on('data', takeAll)
      incoming.on('error', (error) => fail('the answer broke off', error))
    })
    // A server may answer before it has read all, and then close the connection.
    outgoing.on('error', (error) => isAnswered || fail(unreachableReason(error), error))
    outgoing.end(question.body)
  })
}

function begin({ url, method, headers, body }: Question): ClientRequest {
  const { request } = process.getBuiltinModule(url.protocol === 'https:' ? 'node:https' : 'node:http')
  return request(url, {
    method,
    agent: false,
    headers: { ...headers, ...(body && { 'content-length': String(body.length) }) },
  })
}

function collect(
  incoming: IncomingMessage,
  maxBytes: number,
  { done, tooLarge }: { done: (body: Buffer) => void; tooLarge: () => void },
): (chunk: Buffer) => void {
  const parts: Buffer[] = []
  let length = 0
  incoming.on('end', () => done(Buffer.concat(parts, length)))
  return (chunk) => {
    length += chunk.length
    if (length > maxBytes) tooLarge()
    else parts.push(chunk)
  }
}
