/** Payload types that mean something without `a=rtpmap` (RFC 3551 §6): those that can be read here. */
const staticFormats: Readonly<Record<number, readonly [encoding: string, clockRate: number, channels: number]>> = {
  0: ['PCMU', 8_000, 1],
  8: ['PCMA', 8_000, 1],
  10: ['L16', 44_100, 2],
  11: ['L16', 44_100, 1],
  26: ['JPEG', 90_000, 1],
}

/** What a payload type is by itself; an empty encoding for one that only `a=rtpmap` can explain. */
export function staticFormat(payloadType: number): { encoding: string; clockRate: number; channels: number } {
  const [encoding, clockRate, channels] = staticFormats[payloadType] ?? ['', 0, 1]
  return { encoding, clockRate, channels }
}
