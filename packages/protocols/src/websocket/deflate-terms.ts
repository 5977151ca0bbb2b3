import { splitList } from './header-values.ts'

/** What permessage-deflate was agreed to be (RFC 7692). No side keeps a context from message to message. */
export interface DeflateTerms {
  /** 9 to 15: the largest window that this side may compress with. */
  windowBits: number
}

type Parameters = Map<string, string | undefined>

const name = 'permessage-deflate'
const noContext = 'server_no_context_takeover; client_no_context_takeover'
const flags = ['server_no_context_takeover', 'client_no_context_takeover']
const mostWindowBits = 15

/** What a client offers: a context kept for each connection would cost hundreds of kilobytes on either side. */
export const deflateOffer = `${name}; ${noContext}`

/** Takes the first acceptable offer of a client's `Sec-WebSocket-Extensions` (RFC 7692 §7.1); undefined declines. */
export function acceptDeflate(offers: string): { answer: string; terms: DeflateTerms } | undefined {
  for (const parameters of readExtensions(offers)) {
    const windowBits = parameters && serverWindow(parameters)
    if (windowBits === undefined) continue
    const window = windowBits < mostWindowBits ? `; server_max_window_bits=${windowBits}` : ''
    return { answer: `${deflateOffer}${window}`, terms: { windowBits } }
  }
  return undefined
}

/** What a server made of `deflateOffer`; `declined` without an extension, `invalid` for what was not offered. */
export function readDeflateAnswer(answer: string): DeflateTerms | 'declined' | 'invalid' {
  const extensions = readExtensions(answer)
  if (extensions.length === 0) return 'declined'
  const [parameters] = extensions
  if (extensions.length > 1 || !parameters || serverWindow(parameters) === undefined) return 'invalid'
  const isOffered = parameters.has('server_no_context_takeover') && !parameters.has('client_max_window_bits')
  return isOffered ? { windowBits: mostWindowBits } : 'invalid'
}

/** The parameters of each extension; undefined for one that is not understood. */
function readExtensions(value: string): (Parameters | undefined)[] {
  return splitList(value).map((extension) => {
    const [first, ...rest] = splitList(extension, ';')
    return first?.toLowerCase() === name ? readParameters(rest) : undefined
  })
}

function readParameters(list: readonly string[]): Parameters | undefined {
  const parameters: Parameters = new Map()
  for (const parameter of list) {
    const [key = '', value] = parameter.split('=', 2).map((part) => part.trim().replace(/^"(.*)"$/, '$1'))
    if (parameters.has(key) || !isKnown(key, value)) return undefined
    parameters.set(key, value)
  }
  return parameters
}

function isKnown(key: string, value: string | undefined): boolean {
  if (flags.includes(key)) return value === undefined
  if (key === 'client_max_window_bits') return value === undefined || isWindow(value)
  return key === 'server_max_window_bits' && value !== undefined && isWindow(value)
}

function isWindow(value: string): boolean {
  return /^([89]|1[0-5])$/.test(value)
}

/** The server's window; undefined for 8 bits, which zlib cannot compress with. */
function serverWindow(parameters: Parameters): number | undefined {
  const windowBits = Number(parameters.get('server_max_window_bits') ?? mostWindowBits)
  return windowBits > 8 ? windowBits : undefined
}
