import type { HeaderList, Response } from '@pelton/sdk'
import { bodyTypeOf, statusOf } from './body-code.ts'
import { frameFlag, FrameBreach, type InFrame } from './frame.ts'
import { readJson, writeJson } from './wire-json.ts'

/** The meta of a response on the wire; the status and the body's type are the frame's code, the body its body. */
interface ResponseMeta {
  contentType?: string
  headers?: HeaderList
  extra?: Record<string, unknown>
}

/** Writes a response's meta and the flags that tell how to read it. A content type alone needs no JSON. */
export function writeResponseMeta(response: Response): { meta: string; flags: number } {
  const { headers, contentType, extra } = response
  if (headers.length === 0 && extra === undefined) return { meta: contentType, flags: frameFlag.plainMeta }
  if (extra === undefined) return { meta: JSON.stringify({ contentType, headers }), flags: 0 }
  const { text, hasBytes } = writeJson({ contentType, headers, extra })
  return { meta: text, flags: hasBytes ? frameFlag.bytesInMeta : 0 }
}

/** A response without its body. Throws `FrameBreach` when it is none: what a child sends is not trusted. */
export function readResponseHead(frame: InFrame): Omit<Response, 'body'> {
  const head = readMeta(frame, statusOf(frame.code))
  const bodyType = bodyTypeOf(frame.code)
  if (bodyType !== undefined && !frame.has(frameFlag.stream | frameFlag.noBody)) head.bodyType = bodyType
  return head
}

function readMeta(frame: InFrame, status: number): Omit<Response, 'body'> {
  const text = frame.meta()
  if (frame.has(frameFlag.plainMeta) || text === '') return { status, headers: [], contentType: text }
  const meta = readJson(text, frame.has(frameFlag.bytesInMeta))
  if (!isResponseMeta(meta)) throw new FrameBreach('a response whose meta is none')
  const { headers = [], contentType = '', extra } = meta
  return { status, headers, contentType, ...(extra ? { extra } : {}) }
}

function isResponseMeta(value: unknown): value is ResponseMeta {
  if (typeof value !== 'object' || value === null) return false
  const { headers, contentType, extra } = value as Record<string, unknown>
  if (contentType !== undefined && typeof contentType !== 'string') return false
  if (extra !== undefined && (typeof extra !== 'object' || extra === null)) return false
  return headers === undefined || (Array.isArray(headers) && headers.every(isHeader))
}

function isHeader(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' && typeof value[1] === 'string'
}
