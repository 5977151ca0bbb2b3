/** One alternative of a `Transport` header (RFC 2326 §12.39), as far as it is used here. */
export interface TransportSpec {
  /** Packets come along with the messages. */
  isInterleaved: boolean
  isMulticast: boolean
  /** The pair of channels. */
  interleaved: readonly [number, number] | undefined
  clientPorts: readonly [number, number] | undefined
  serverPorts: readonly [number, number] | undefined
  /** The address that packets come from, when it is not the server's. */
  source: string | undefined
  ssrc: number | undefined
  /** In lower case, without quotes; `play` when it is missing. */
  mode: string
}

const mostAlternatives = 16

/** The alternatives for RTP in their order; others, such as SAVP, are left out. */
export function readTransports(value: string): TransportSpec[] {
  return value
    .split(',', mostAlternatives)
    .map(readTransport)
    .filter((transport) => transport !== undefined)
}

function readTransport(text: string): TransportSpec | undefined {
  const [protocol = '', ...parts] = text.split(';').map((part) => part.trim())
  const [, lower] = /^RTP\/AVPF?(?:\/(TCP|UDP))?$/i.exec(protocol) ?? []
  if (!/^RTP\/AVPF?(\/|$)/i.test(protocol) || (protocol.split('/').length > 2 && lower === undefined)) return undefined
  const parameters = new Map(parts.map(readParameter))
  const interleaved = readPair(parameters.get('interleaved'), 255)
  return {
    // Some name the channels, and forget to say that they go by TCP.
    isInterleaved: lower === undefined ? interleaved !== undefined : lower.toUpperCase() === 'TCP',
    isMulticast: parameters.has('multicast'),
    interleaved,
    clientPorts: readPair(parameters.get('client_port'), 65_535),
    serverPorts: readPair(parameters.get('server_port'), 65_535),
    source: parameters.get('source') || undefined,
    ssrc: readHex(parameters.get('ssrc')),
    mode: (parameters.get('mode') ?? 'play').replaceAll('"', '').toLowerCase(),
  }
}

function readParameter(part: string): [name: string, value: string] {
  const equals = part.indexOf('=')
  if (equals < 0) return [part.toLowerCase(), '']
  return [part.slice(0, equals).trim().toLowerCase(), part.slice(equals + 1).trim()]
}

/** The second is one more where it is not said. */
function readPair(text: string | undefined, most: number): readonly [number, number] | undefined {
  const [, one, two] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text ?? '') ?? []
  if (one === undefined) return undefined
  const pair = [Number(one), two === undefined ? Number(one) + 1 : Number(two)] as const
  return pair[0] <= most && pair[1] <= most ? pair : undefined
}

/** Some write it as they would a C literal, or with blanks before. */
function readHex(text: string | undefined): number | undefined {
  const digits = /^(?:0x)?\s*([0-9a-f]{1,8})$/i.exec(text ?? '')?.[1]
  return digits === undefined ? undefined : Number.parseInt(digits, 16)
}
