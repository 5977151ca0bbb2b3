import { type Agent, type IncomingMessage, request } from 'node:http'
import type { Answer } from './judge-answer.ts'
import type { SoakRequest } from './soak-request.ts'

/** No event waits longer: not for a worker, nor for its deadline. */
const silenceMs = 90_000

/** Sends a request and waits for what becomes of it; never rejects. */
export function send(port: number, agent: Agent, asked: SoakRequest): Promise<Answer> {
  return new Promise((resolve) => {
    const { path, body } = asked
    const headers = { 'content-type': 'application/octet-stream', 'content-length': body.length }
    const client = request({ host: '127.0.0.1', port, method: 'POST', path, agent, headers })
    const leaves = asked.kind.expects === 'nothing'
    const end = (answer: Answer): void => {
      clearTimeout(timer)
      resolve(answer)
      if (answer.what === 'left' || answer.what === 'silence') client.destroy()
    }
    const timer = setTimeout(end, leaves ? asked.leavesAfterMs : silenceMs, { what: leaves ? 'left' : 'silence' })
    client.on('error', ({ message }) => end({ what: 'broken', reason: message }))
    client.on('response', (response) => void read(response).then(end))
    client.end(body)
  })
}

/** The whole answer, or how it broke off. */
function read(response: IncomingMessage): Promise<Answer> {
  return new Promise((resolve) => {
    const { statusCode: status = 0 } = response
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('end', () => resolve({ what: 'whole', status, body: Buffer.concat(chunks) }))
    response.on('error', ({ message }) => resolve({ what: 'broken', status, reason: message }))
    response.on('close', () => resolve({ what: 'broken', status, reason: 'closed' }))
  })
}
