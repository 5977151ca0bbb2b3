import { Buffer } from 'node:buffer'
import type { HttpResponse } from './http-message.ts'
import { STATUS_CODES } from './node-http.ts'

/** A short plain text as an answer. */
export function textAnswer(status: number, text: string): HttpResponse {
  return { status, headers: [], contentType: 'text/plain; charset=utf-8', body: Buffer.from(text) }
}

/** The bytes of a last answer on a connection that is not parsed any further; `headers` are whole lines. */
export function lastWords(status: number, text: string, headers = ''): string {
  return (
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}\r\nConnection: close\r\n` +
    `Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${text.length}\r\n${headers}\r\n${text}`
  )
}
