import { Buffer } from 'node:buffer'

/** Written in this order; undefined is left out. */
export type HeadersToWrite = readonly (readonly [name: string, value: string | number | undefined])[]

const noBytes = Buffer.alloc(0)

/** A request (RFC 2326 §6); `Content-Length` is added where there is a body. */
export function writeRequest(method: string, uri: string, headers: HeadersToWrite, body: Buffer = noBytes): Buffer {
  return write(`${method} ${uri} RTSP/1.0`, headers, body)
}

/** A response (RFC 2326 §7) with the reason that belongs to its status. */
export function writeResponse(status: number, headers: HeadersToWrite, body: Buffer = noBytes): Buffer {
  return write(`RTSP/1.0 ${status} ${reasonOf(status)}`, headers, body)
}

/** The reason phrase of a status (RFC 2326 §7.1.1). */
export function reasonOf(status: number): string {
  return reasons[status] ?? 'Unknown'
}

const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  453: 'Not Enough Bandwidth',
  454: 'Session Not Found',
  455: 'Method Not Valid In This State',
  459: 'Aggregate Operation Not Allowed',
  460: 'Only Aggregate Operation Allowed',
  461: 'Unsupported Transport',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  505: 'RTSP Version Not Supported',
  551: 'Option Not Supported',
}

function write(start: string, headers: HeadersToWrite, body: Buffer): Buffer {
  let head = `${start}\r\n`
  for (const [name, value] of headers) if (value !== undefined) head += `${name}: ${oneLine(String(value))}\r\n`
  if (body.length > 0) head += `Content-Length: ${body.length}\r\n`
  const bytes = Buffer.from(`${head}\r\n`)
  return body.length > 0 ? Buffer.concat([bytes, body]) : bytes
}

/** Nothing that a peer gave may end a line of ours. */
function oneLine(value: string): string {
  return value.replaceAll(/[\r\n\0]/g, ' ')
}
