/** What a request's headers say to the rules of HTTP/2. */
export interface RequestHead {
  readonly method: string
  /** Empty for CONNECT. */
  readonly path: string
  /** Bytes of the body, when they are told. */
  readonly contentLength: number | undefined
  /** As SETTINGS_MAX_HEADER_LIST_SIZE counts (RFC 9113 §6.5.2). */
  readonly listBytes: number
}

const fieldOverhead = 32
/** Lower-case names; a colon stands before pseudo-headers only (RFC 9113 §8.2.1). */
const fieldName = /^[!-9;-@[-~]+$/
/** What no value has (RFC 9113 §8.2.1). */
// oxlint-disable-next-line no-control-regex
const brokenValue = /[\0\n\r]|^[\t ]|[\t ]$/
const digits = /^\d{1,15}$/
/** They speak of a connection of HTTP/1.1 (RFC 9113 §8.2.2). */
const connectionFields = new Set(['connection', 'proxy-connection', 'keep-alive', 'transfer-encoding', 'upgrade'])

/**
 * Reads the headers of a request, names and values by turns; undefined when they are malformed (RFC 9113 §8.1.1,
 * §8.2, §8.3).
 */
export function readRequestHead(headers: readonly string[]): RequestHead | undefined {
  const pseudo: PseudoFields = {}
  const regular = readPseudoFields(headers, pseudo)
  if (regular === undefined || !isComplete(pseudo)) return undefined
  let contentLength: number | undefined
  let listBytes = headers.length * (fieldOverhead / 2)
  for (const text of headers) listBytes += text.length
  for (let i = regular; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string
    const value = headers[i + 1] as string
    if (!isRegularField(name, value)) return undefined
    if (name !== 'content-length') continue
    if (!digits.test(value) || (contentLength !== undefined && contentLength !== Number(value))) return undefined
    contentLength = Number(value)
  }
  return { method: pseudo[':method'] ?? '', path: pseudo[':path'] ?? '', contentLength, listBytes }
}

/** Whether these are trailers: no pseudo-headers, nothing that is malformed (RFC 9113 §8.1). */
export function areTrailers(headers: readonly string[]): boolean {
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (!isRegularField(headers[i] as string, headers[i + 1] as string)) return false
  }
  return true
}

interface PseudoFields {
  ':method'?: string
  ':scheme'?: string
  ':path'?: string
  ':authority'?: string
}

const pseudoNames = new Set([':method', ':scheme', ':path', ':authority'])

/** Where the regular fields begin; undefined when a pseudo-header is unknown, repeated or broken. */
function readPseudoFields(headers: readonly string[], pseudo: PseudoFields): number | undefined {
  let at = 0
  for (; at + 1 < headers.length; at += 2) {
    const name = headers[at] as string
    const value = headers[at + 1] as string
    if (name.charCodeAt(0) !== 0x3a) return at
    const isKnown = pseudoNames.has(name) && !(name in pseudo)
    if (!isKnown || brokenValue.test(value)) return undefined
    pseudo[name as keyof PseudoFields] = value
  }
  return at
}

function isComplete(pseudo: PseudoFields): boolean {
  const { ':method': method, ':scheme': scheme, ':path': path, ':authority': authority } = pseudo
  if (method === 'CONNECT') return authority !== undefined && scheme === undefined && path === undefined
  return method !== undefined && method !== '' && scheme !== undefined && path !== undefined && path !== ''
}

function isRegularField(name: string, value: string): boolean {
  if (!fieldName.test(name) || brokenValue.test(value)) return false
  return name === 'te' ? value === 'trailers' : !connectionFields.has(name)
}
