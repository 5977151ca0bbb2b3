/** Bounds of a listener, against slow and greedy clients. */
export interface ListenerLimits {
  /** Request line and headers; more is answered 431. */
  maxHeaderBytes: number
  /** From the first byte (or the connection) to the end of the headers; then 408. */
  headerTimeoutMs: number
  /** From the first byte to the end of the body; then 408. 0 waits for ever. */
  requestTimeoutMs: number
  /** How long a connection may be idle between requests, or a client may take nothing of an answer. */
  idleTimeoutMs: number
  /** More are refused. */
  maxConnections: number
}

/** What a listener takes when nothing is said. */
export const defaultLimits: ListenerLimits = {
  maxHeaderBytes: 16_384,
  headerTimeoutMs: 15_000,
  requestTimeoutMs: 300_000,
  idleTimeoutMs: 75_000,
  maxConnections: 256 * 1024,
}
