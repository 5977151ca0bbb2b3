/** Types of frames (RFC 9113 §6). */
export const frameTypes = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const

/** Flags of frames; ACK and END_STREAM are the same bit of different types. */
export const frameFlags = { ack: 1, endStream: 1, endHeaders: 4, padded: 8, priority: 32 } as const

/** Error codes (RFC 9113 §7). */
export const errorCodes = {
  noError: 0,
  protocolError: 1,
  internalError: 2,
  flowControlError: 3,
  streamClosed: 5,
  frameSizeError: 6,
  refusedStream: 7,
  cancel: 8,
  compressionError: 9,
  enhanceYourCalm: 11,
} as const

/** Names of settings (RFC 9113 §6.5.2). */
export const settingIds = {
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const

/** Bytes of a frame before its payload. */
export const frameHeadBytes = 9
/** Most bytes of a payload until SETTINGS say otherwise; ours never do. */
export const defaultFrameBytes = 16_384
/** Windows until SETTINGS or WINDOW_UPDATE say otherwise. */
export const defaultWindow = 65_535
/** The largest window, and the largest stream identifier. */
export const most31Bits = 2 ** 31 - 1
/** What a client says first (RFC 9113 §3.4). */
export const clientPreface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')
