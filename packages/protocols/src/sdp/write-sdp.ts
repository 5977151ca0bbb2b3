/** A medium that is offered. */
export interface OfferedMedia {
  type: 'video' | 'audio'
  payloadType: number
  /** Such as `H264`. */
  encoding: string
  clockRate: number
  /** Only for audio of more than one. */
  channels?: number
  /** `a=fmtp`, such as `packetization-mode=1`. */
  parameters?: Readonly<Record<string, string | number>>
  /** Relative to the session, such as `trackID=0`. */
  control: string
  /** Frames a second. */
  framerate?: number
}

/** A session that is offered to readers. */
export interface OfferedSession {
  title: string
  /** Of the server; IPv6 without brackets. */
  address: string
  /** The same for all that read the same session; digits. */
  sessionId: string
  media: readonly OfferedMedia[]
}

/** A session description (RFC 8866) of what a server sends; line breaks in its values become spaces. */
export function writeSdp({ title, address, sessionId, media }: OfferedSession): string {
  const network = `IN ${address.includes(':') ? 'IP6' : 'IP4'}`
  const lines = [
    'v=0',
    `o=- ${sessionId} 1 ${network} ${address}`,
    `s=${title === '' ? '-' : title}`,
    `c=${network} ${network.endsWith('6') ? '::' : '0.0.0.0'}`,
    't=0 0',
    'a=control:*',
    ...media.flatMap(mediaLines),
  ]
  return lines.map((line) => `${line.replaceAll(/[\r\n\0]+/g, ' ')}\r\n`).join('')
}

function mediaLines(media: OfferedMedia): string[] {
  const { type, payloadType, encoding, clockRate, channels = 1, parameters = {}, control, framerate } = media
  const fmtp = Object.entries(parameters).map(([name, value]) => `${name}=${value}`)
  return [
    `m=${type} 0 RTP/AVP ${payloadType}`,
    `a=rtpmap:${payloadType} ${encoding}/${clockRate}${channels > 1 ? `/${channels}` : ''}`,
    ...(fmtp.length > 0 ? [`a=fmtp:${payloadType} ${fmtp.join('; ')}`] : []),
    ...(framerate === undefined ? [] : [`a=framerate:${framerate}`]),
    `a=control:${control}`,
  ]
}
