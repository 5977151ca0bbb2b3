import { Buffer } from 'node:buffer'
import { readMediaAttribute } from './read-media-attribute.ts'
import { SdpFault } from './sdp-fault.ts'
import type { MediaDescription, MediaFormat, SessionDescription } from './session-description.ts'
import { staticFormat } from './static-formats.ts'

const mostBytes = 65_536
const mostMedia = 100
const mostAttributes = 1_000
const mostFormats = 128

/**
 * Reads a session description (RFC 8866) as devices write it: any line ending, in any order, with lines missing,
 * repeated or unknown. Throws `SdpFault` beyond 64 KB, 100 media or 1,000 attributes.
 */
export function parseSdp(input: string | Uint8Array): SessionDescription {
  const bytes = typeof input === 'string' ? Buffer.byteLength(input) : input.byteLength
  if (bytes > mostBytes) throw new SdpFault(`more than ${mostBytes} bytes`)
  const text = typeof input === 'string' ? input : Buffer.from(input.buffer, input.byteOffset, bytes).toString()
  const description: SessionDescription = { title: '', control: undefined, media: [] }
  let attributes = 0
  for (const line of text.split(/\r\n|\n|\r/)) {
    const field = line.trimStart()
    if (field[1] !== '=') continue
    if (field[0] === 'a' && ++attributes > mostAttributes) throw new SdpFault(`more than ${mostAttributes} attributes`)
    readLine(description, field[0]!, field.slice(2).trim())
  }
  return description
}

function readLine(description: SessionDescription, type: string, value: string): void {
  const media = description.media.at(-1)
  if (type === 'm') {
    if (description.media.length === mostMedia) throw new SdpFault(`more than ${mostMedia} media`)
    description.media.push(beginMedia(value))
  } else if (type === 's' && !media) description.title = value
  else if (type === 'a' && media) readMediaAttribute(media, value)
  else if (type === 'a' && value.toLowerCase().startsWith('control:')) description.control = value.slice(8).trim()
}

/** `m=<media> <port>[/<ports>] <proto> <fmt> …` (RFC 8866 §5.14). */
function beginMedia(value: string): MediaDescription {
  const [type = '', port = '', protocol = '', ...names] = value.split(/\s+/)
  return {
    type: type.toLowerCase(),
    port: Number.parseInt(port, 10) || 0,
    protocol: protocol.toUpperCase(),
    formats: names.slice(0, mostFormats).flatMap(beginFormat),
    control: undefined,
    direction: 'sendrecv',
    framerate: undefined,
    dimensions: undefined,
  }
}

function beginFormat(name: string): MediaFormat[] {
  if (!/^\d{1,3}$/.test(name) || Number(name) > 127) return []
  const payloadType = Number(name)
  return [{ payloadType, ...staticFormat(payloadType), parameters: new Map() }]
}
