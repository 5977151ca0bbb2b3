/** Where a stream begins (RFC 2326 §12.33). */
export interface RtpInfo {
  /** Sequence number of the first packet. */
  sequence: number | undefined
  /** Its RTP timestamp. */
  timestamp: number | undefined
}

/**
 * What a `RTP-Info` header says about the stream of `controlUrl`: the entry whose URL ends alike, or the only one.
 */
export function readRtpInfo(value: string | undefined, controlUrl: string): RtpInfo {
  const entries = (value ?? '').split(/,(?=\s*url\s*=)/i, 32).map(readEntry)
  const own = entries.find(({ url }) => url !== '' && sameStream(url, controlUrl))
  const entry = own ?? (entries.length === 1 ? entries[0] : undefined)
  return { sequence: readNumber(entry?.seq, 0xffff), timestamp: readNumber(entry?.rtptime, 0xffff_ffff) }
}

interface Entry {
  url: string
  seq: string | undefined
  rtptime: string | undefined
}

function readEntry(text: string): Entry {
  const url = /url\s*=\s*"?([^;"]*)/i.exec(text)?.[1]?.trim() ?? ''
  return { url, seq: /;\s*seq\s*=\s*(\d+)/i.exec(text)?.[1], rtptime: /;\s*rtptime\s*=\s*(\d+)/i.exec(text)?.[1] }
}

/** Servers behind gateways name hosts of their own, and some name only the track. */
function sameStream(one: string, other: string): boolean {
  return pathOf(one) === pathOf(other) || other.endsWith(`/${one}`)
}

function pathOf(url: string): string {
  return url.replace(/^[a-z]+:\/\/[^/]*/i, '').replace(/\/$/, '')
}

function readNumber(digits: string | undefined, most: number): number | undefined {
  const value = digits === undefined ? Number.NaN : Number(digits)
  return value <= most ? value : undefined
}
