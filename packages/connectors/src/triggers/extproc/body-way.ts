import type { BodyMode, FlatHeaders } from '@pelton/protocols/ext-proc'
import { findHeader } from './flat-headers.ts'

/**
 * How a body gets to the handler: not at all, in the one message that it comes in, put together from several messages,
 * or piece by piece.
 */
export type BodyWay = 'past' | 'whole' | 'gathered' | 'pieces'

/** What the way depends on. */
export interface BodyFacts {
  isHandled: boolean
  /** Undefined: the proxy does not say. */
  mode: BodyMode | undefined
  gathers: boolean
  headers: FlatHeaders
}

/** Chooses the way of a body. */
export function bodyWay({ isHandled, mode, gathers, headers }: BodyFacts): BodyWay {
  if (!isHandled) return 'past'
  if (mode === 'BUFFERED' || mode === 'BUFFERED_PARTIAL') return 'whole'
  if (!gathers) return 'pieces'
  // In STREAMED nothing tells of the last piece when trailers follow, and none can be put back behind them.
  return mode !== 'FULL_DUPLEX_STREAMED' && endsWithTrailers(headers) ? 'pieces' : 'gathered'
}

/** RFC 9110 §6.6.2 announces them; gRPC always has them. */
function endsWithTrailers(headers: FlatHeaders): boolean {
  if (findHeader(headers, 'trailer') !== undefined) return true
  return findHeader(headers, 'content-type')?.startsWith('application/grpc') ?? false
}

/** The length that the headers name; undefined when they name none. */
export function namedLength(headers: FlatHeaders): number | undefined {
  const text = findHeader(headers, 'content-length')
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}
