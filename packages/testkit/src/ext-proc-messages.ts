/** A part of a transaction, as replies and requests name it. */
export type ExtProcPart =
  | 'requestHeaders'
  | 'requestBody'
  | 'requestTrailers'
  | 'responseHeaders'
  | 'responseBody'
  | 'responseTrailers'

/** Names with values; a list repeats its name, bytes go out as they are. */
export type ExtProcHeaders = Readonly<Record<string, string | Uint8Array | readonly string[]>>

/** What a message has beside its part. */
export interface ExtProcFacts {
  /** `end_of_stream`. */
  end?: boolean
  /** Body modes of request and response: `protocol_config`. */
  modes?: readonly [request: string, response: string]
  attributes?: Readonly<Record<string, Record<string, unknown>>>
  metadata?: Readonly<Record<string, Record<string, unknown>>>
  isObserved?: boolean
}

/** A reply in few words; what it has not is left out. */
export interface ExtProcReply {
  part: ExtProcPart | 'immediate'
  /** `name: value`, with its action behind it unless that is to overwrite. */
  set?: string[]
  remove?: string[]
  /** Of bytes that are no text the Latin-1. */
  body?: string
  isCleared?: true
  streamed?: { body: string; end: boolean }
  clearsRouteCache?: true
  metadata?: unknown
  /** Modes by the names of the proxy's fields. */
  modeOverride?: Record<string, string>
  status?: number
  details?: string
}

/** A message as the library of the peer has it. */
export type Wire = Record<string, unknown>

const snakeParts: Record<ExtProcPart, string> = {
  requestHeaders: 'request_headers',
  requestBody: 'request_body',
  requestTrailers: 'request_trailers',
  responseHeaders: 'response_headers',
  responseBody: 'response_body',
  responseTrailers: 'response_trailers',
}
/** By the numbers of `HeaderAppendAction`. */
const actions = [' (append)', ' (if absent)', '', ' (if exists)']
const headerModes = ['DEFAULT', 'SEND', 'SKIP']
const bodyModes = ['NONE', 'STREAMED', 'BUFFERED', 'BUFFERED_PARTIAL', 'FULL_DUPLEX_STREAMED', 'GRPC']

/** A `ProcessingRequest`; values go out as `raw_value`, as Envoy sends them. */
export function requestWire(
  part: ExtProcPart,
  content: ExtProcHeaders | string | Uint8Array,
  { end = false, modes, attributes, metadata, isObserved }: ExtProcFacts = {},
): Wire {
  return {
    [snakeParts[part]]: partWire(part, content, end),
    ...(modes ? { protocol_config: { request_body_mode: modes[0], response_body_mode: modes[1] } } : {}),
    ...(attributes ? { attributes: structs(attributes) } : {}),
    ...(metadata ? { metadata_context: { filter_metadata: structs(metadata) } } : {}),
    ...(isObserved ? { observability_mode: true } : {}),
  }
}

function partWire(part: ExtProcPart, content: ExtProcHeaders | string | Uint8Array, end: boolean): Wire {
  if (typeof content === 'string' || content instanceof Uint8Array) {
    return { body: Buffer.from(content as Uint8Array), end_of_stream: end }
  }
  const headers = Object.entries(content).flatMap(([key, value]) => {
    const values = typeof value === 'string' || value instanceof Uint8Array ? [value] : value
    return values.map((each) => ({ key, raw_value: Buffer.from(each as Uint8Array) }))
  })
  return part.endsWith('Trailers') ? { trailers: { headers } } : { headers: { headers }, end_of_stream: end }
}

function structs(given: Readonly<Record<string, Record<string, unknown>>>): Wire {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, structOf(value)]))
}

function structOf(value: Record<string, unknown>): Wire {
  return { fields: Object.fromEntries(Object.entries(value).map(([key, each]) => [key, valueOf(each)])) }
}

// The library has its own file of these messages, with names of its own.
function valueOf(value: unknown): Wire {
  if (value === null) return { nullValue: 'NULL_VALUE' }
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'number') return { numberValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (Array.isArray(value)) return { listValue: { values: value.map(valueOf) } }
  return { structValue: structOf(value as Record<string, unknown>) }
}

/** Reads a `ProcessingResponse`. */
export function readReply(wire: Wire): ExtProcReply {
  const common = {
    ...(wire['dynamic_metadata'] ? { metadata: plainStruct(wire['dynamic_metadata'] as Wire) } : {}),
    ...(wire['mode_override'] ? { modeOverride: readModes(wire['mode_override'] as Wire) } : {}),
  }
  const immediate = wire['immediate_response'] as Wire | undefined
  if (immediate) return { part: 'immediate', ...readImmediate(immediate), ...common }
  const known = Object.entries(snakeParts) as [ExtProcPart, string][]
  const [part, snake] = known.find(([, name]) => name in wire) ?? ['requestHeaders', 'none']
  const reply = wire[snake] as Wire
  const response = (reply['response'] as Wire | undefined) ?? {}
  return {
    part,
    ...readHeaders((reply['header_mutation'] ?? response['header_mutation']) as Wire | undefined),
    ...readBody(response['body_mutation'] as Wire | undefined),
    ...(response['clear_route_cache'] ? { clearsRouteCache: true as const } : {}),
    ...common,
  }
}

function readImmediate(wire: Wire): Partial<ExtProcReply> {
  const body = wire['body'] as Buffer | undefined
  return {
    status: Number((wire['status'] as Wire)['code']),
    ...readHeaders(wire['headers'] as Wire | undefined),
    ...(body && body.length > 0 ? { body: textOf(body) } : {}),
    details: String(wire['details']),
  }
}

function readHeaders(mutation: Wire | undefined): Partial<ExtProcReply> {
  const set = (mutation?.['set_headers'] as Wire[] | undefined) ?? []
  const remove = (mutation?.['remove_headers'] as string[] | undefined) ?? []
  return { ...(set.length > 0 ? { set: set.map(readHeader) } : {}), ...(remove.length > 0 ? { remove } : {}) }
}

function readHeader(option: Wire): string {
  const header = option['header'] as Wire
  const action = actions[Number(option['append_action'] ?? 0)]
  return `${String(header['key'])}: ${textOf((header['raw_value'] as Buffer | undefined) ?? Buffer.alloc(0))}${action}`
}

function readBody(mutation: Wire | undefined): Partial<ExtProcReply> {
  if (!mutation) return {}
  if (mutation['clear_body']) return { isCleared: true }
  const streamed = mutation['streamed_response'] as Wire | undefined
  if (!streamed) return { body: textOf(mutation['body'] as Buffer) }
  const body = (streamed['body'] as Buffer | undefined) ?? Buffer.alloc(0)
  return { streamed: { body: textOf(body), end: streamed['end_of_stream'] === true } }
}

/** The Latin-1 of bytes that are no UTF-8, so that nothing of them is lost. */
function textOf(bytes: Buffer): string {
  const text = bytes.toString()
  return Buffer.from(text).equals(bytes) ? text : bytes.toString('latin1')
}

function plainStruct(struct: Wire): Record<string, unknown> {
  const fields = (struct['fields'] as Record<string, Wire> | undefined) ?? {}
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, plainValue(value)]))
}

function plainValue(value: Wire): unknown {
  const struct = value['structValue'] as Wire | undefined
  if (struct) return plainStruct(struct)
  const list = value['listValue'] as Wire | undefined
  if (list) return ((list['values'] as Wire[] | undefined) ?? []).map(plainValue)
  return value['stringValue'] ?? value['numberValue'] ?? value['boolValue'] ?? null
}

function readModes(wire: Wire): Record<string, string> {
  const nameOf = (key: string, mode: unknown): string =>
    (key.endsWith('_body_mode') ? bodyModes : headerModes)[Number(mode)] ?? String(mode)
  return Object.fromEntries(Object.entries(wire).map(([key, mode]) => [key, nameOf(key, mode)]))
}
