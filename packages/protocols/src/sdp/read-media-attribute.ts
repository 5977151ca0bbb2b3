import type { Direction, MediaDescription, MediaFormat } from './session-description.ts'

const mostClockRate = 0xffff_ffff
const mostChannels = 255

type Reader = (media: MediaDescription, value: string) => void

const readers: Readonly<Record<string, Reader>> = {
  rtpmap: readRtpmap,
  fmtp: readFmtp,
  control: (media, value) => (media.control = value),
  framerate: (media, value) => (media.framerate = positive(value) ?? media.framerate),
  'x-framerate': (media, value) => (media.framerate ??= positive(value)),
  'x-dimensions': (media, value) => readDimensions(media, /^(\d{1,5})\s*,\s*(\d{1,5})$/.exec(value)),
  framesize: (media, value) => readDimensions(media, /^\d{1,3}\s+(\d{1,5})[-x](\d{1,5})$/.exec(value)),
  sendrecv: direct('sendrecv'),
  sendonly: direct('sendonly'),
  recvonly: direct('recvonly'),
  inactive: direct('inactive'),
}

/** Takes what an `a=` line says of its medium; what is unknown or malformed says nothing. */
export function readMediaAttribute(media: MediaDescription, line: string): void {
  const colon = line.indexOf(':')
  const name = (colon < 0 ? line : line.slice(0, colon)).trim().toLowerCase()
  if (Object.hasOwn(readers, name)) readers[name]?.(media, colon < 0 ? '' : line.slice(colon + 1).trim())
}

/** `<payload type> <encoding>/<clock rate>[/<channels>]` (RFC 8866 §6.6). */
function readRtpmap(media: MediaDescription, value: string): void {
  const [, type, encoding, rate, channels] =
    /^(\d{1,3})\s+([^\s/]+)\s*\/\s*(\d{1,10})(?:\s*\/\s*(\d{1,3}))?/.exec(value) ?? []
  const format = formatOf(media, type)
  if (!format || !encoding) return
  format.encoding = encoding.toUpperCase()
  format.clockRate = Math.min(Number(rate), mostClockRate)
  format.channels = Math.min(Number(channels ?? 1) || 1, mostChannels)
}

/** `<payload type> <name>=<value>; …` (RFC 8866 §6.15); a later line adds to an earlier one. */
function readFmtp(media: MediaDescription, value: string): void {
  const [, type, list = ''] = /^(\d{1,3})\s+(.*)$/.exec(value) ?? []
  const format = formatOf(media, type)
  if (!format) return
  for (const parameter of list.split(';')) {
    const equals = parameter.indexOf('=')
    const name = (equals < 0 ? parameter : parameter.slice(0, equals)).trim().toLowerCase()
    if (name !== '') format.parameters.set(name, equals < 0 ? '' : parameter.slice(equals + 1).trim())
  }
}

function readDimensions(media: MediaDescription, match: RegExpExecArray | null): void {
  const width = Number(match?.[1])
  const height = Number(match?.[2])
  if (width > 0 && height > 0) media.dimensions = { width, height }
}

function formatOf(media: MediaDescription, payloadType: string | undefined): MediaFormat | undefined {
  return media.formats.find((format) => format.payloadType === Number(payloadType))
}

function direct(direction: Direction): Reader {
  return (media) => (media.direction = direction)
}

function positive(value: string): number | undefined {
  const number = Number.parseFloat(value)
  return number > 0 && Number.isFinite(number) ? number : undefined
}
