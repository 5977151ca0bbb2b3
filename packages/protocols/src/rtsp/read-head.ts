import { RtspFault } from './rtsp-fault.ts'
import type { RtspHeaders } from './rtsp-message.ts'

/** What stands before a message's body. */
export interface MessageHead {
  /** What the first line says. */
  start: { method: string; uri: string; version: string } | { status: number; reason: string }
  headers: RtspHeaders
}

/** Reads the first line and the headers (RFC 2326 §4), lines ended by CRLF or LF. Throws `RtspFault`. */
export function readHead(text: string): MessageHead {
  const lines = text.split(/\r?\n/)
  return { start: readStart(lines[0]!), headers: readHeaders(lines) }
}

function readStart(line: string): MessageHead['start'] {
  const response = /^RTSP\/\d\.\d[ \t]+(\d{3})(?:[ \t]+(.*))?$/i.exec(line)
  if (response) return { status: Number(response[1]), reason: response[2]?.trim() ?? '' }
  const request = /^([A-Za-z_$-]{1,32})[ \t]+(\S+)[ \t]+RTSP\/(\d\.\d)[ \t]*$/.exec(line)
  if (!request) throw new RtspFault(`what came is no RTSP: ${JSON.stringify(line.slice(0, 40))}`)
  return { method: request[1]!, uri: request[2]!, version: request[3]! }
}

function readHeaders(lines: readonly string[]): RtspHeaders {
  const headers = new Map<string, string[]>()
  let last: string[] | undefined
  for (let at = 1; at < lines.length; at++) {
    const line = lines[at]!
    if (/^[ \t]/.test(line)) {
      // A folded line goes on with the one above.
      if (last) last[last.length - 1] = `${last.at(-1)} ${line.trim()}`.trim()
      continue
    }
    const colon = line.indexOf(':')
    // Some cameras print notes between their headers.
    if (colon <= 0) continue
    const name = line.slice(0, colon).trim().toLowerCase()
    last = headers.get(name)
    if (!last) headers.set(name, (last = []))
    last.push(line.slice(colon + 1).trim())
  }
  return headers
}
