/** Bounds of a server. All have defaults. */
export interface GrpcLimits {
  /** Calls of a connection at a time (`SETTINGS_MAX_CONCURRENT_STREAMS`). */
  maxConcurrentStreams: number
  /** Calls at a time over all connections; more are RESOURCE_EXHAUSTED. */
  maxCalls: number
  /** Connections at a time; more are closed at once. */
  maxConnections: number
  /** Bytes of a message, compressed and not. */
  maxMessageBytes: number
  /** Bytes of all messages that have arrived in part; the call that goes beyond ends with RESOURCE_EXHAUSTED. */
  maxPendingBytes: number
  /** Bytes of a call's headers (`SETTINGS_MAX_HEADER_LIST_SIZE`). */
  maxMetadataBytes: number
  /** Bytes that may wait to be taken by one client's stream before the call is ended with RESOURCE_EXHAUSTED. */
  maxUnsentBytes: number
  /**
   * A call whose client has sent no whole message for so long since its headers ends with DEADLINE_EXCEEDED. A client
   * that takes nothing of what an ended call sent for so long is cut. 0: never.
   */
  firstMessageTimeoutMs: number
  /** A silent connection is pinged so often, and cut when it does not answer. 0: never. */
  keepAliveMs: number
  /** How long an answer to a ping may take. */
  keepAliveTimeoutMs: number
}

/** What a server takes when nothing is said. */
export const defaultGrpcLimits: GrpcLimits = {
  maxConcurrentStreams: 100,
  maxCalls: 16_384,
  maxConnections: 1_024,
  maxMessageBytes: 4 * 1024 * 1024,
  maxPendingBytes: 1024 * 1024 * 1024,
  maxMetadataBytes: 16_384,
  maxUnsentBytes: 64 * 1024 * 1024,
  firstMessageTimeoutMs: 10_000,
  keepAliveMs: 30_000,
  keepAliveTimeoutMs: 20_000,
}
