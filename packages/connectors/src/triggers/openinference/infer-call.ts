import type { HeaderMap } from '@pelton/core'

/** How a request came in. */
export interface InferCall {
  /** Aborts when the caller leaves. */
  signal: AbortSignal
  protocol: 'rest' | 'grpc'
  /** Of the request, by lower-case name. */
  headers: HeaderMap
}
