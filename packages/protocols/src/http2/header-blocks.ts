import { BlockFragments } from './block-fragments.ts'
import { ConnectionFault, misplaced } from './connection-fault.ts'
import type { FrameHead } from './frame-reader.ts'
import { HpackDecoder } from './hpack/index.ts'
import { errorCodes, frameFlags } from './http2-codes.ts'
import { unpadded } from './padding.ts'
import { type RequestHead, readRequestHead } from './request-head.ts'

const priorityBytes = 5
const leastBlockBytes = 65_536

/** One whole header block, decoded. */
export interface ReceivedBlock {
  readonly streamId: number
  /** It ends the peer's half of the stream. */
  readonly isLast: boolean
  /** Names and values by turns. */
  readonly headers: readonly string[]
  readonly isTooLarge: boolean
}

/** The header blocks of one connection: HEADERS and their CONTINUATIONs (RFC 9113 §4.3). */
export class HeaderBlocks {
  readonly #decoder: HpackDecoder
  readonly #mostBlockBytes: number
  #fragments: BlockFragments | undefined
  /** The last request's headers and what they say: clients send the same again and again. */
  #lastHeaders: readonly string[] | undefined
  #lastHead: RequestHead | undefined

  /** Lists up to twice as large are still read, for whoever tells a peer that does not know the limit. */
  constructor(maxListBytes: number) {
    const maxFields = Math.max(64, Math.ceil(maxListBytes / 32))
    this.#decoder = new HpackDecoder({ maxListBytes: 2 * maxListBytes, maxFields })
    this.#mostBlockBytes = Math.max(leastBlockBytes, 2 * maxListBytes)
  }

  /** Whether CONTINUATION must follow. */
  get isOpen(): boolean {
    return this.#fragments !== undefined
  }

  /** Takes HEADERS; undefined when CONTINUATION follows. Throws `ConnectionFault`, or `HpackError`. */
  begin(head: FrameHead, bytes: Buffer, start: number): ReceivedBlock | undefined {
    const { streamId, flags } = head
    if (streamId === 0 || (streamId & 1) === 0) throw misplaced('HEADERS on a stream that no client opens')
    const block = withoutPriority(flags, unpadded(head, bytes, start))
    const isLast = (flags & frameFlags.endStream) !== 0
    if ((flags & frameFlags.endHeaders) !== 0) return this.#decode(streamId, block, isLast)
    this.#fragments = new BlockFragments(streamId, isLast, this.#mostBlockBytes)
    this.#fragments.add(block)
    return undefined
  }

  /** Takes CONTINUATION, as `begin` does HEADERS. */
  goOn(head: FrameHead, bytes: Buffer, start: number): ReceivedBlock | undefined {
    const fragments = this.#fragments
    if (!fragments || fragments.streamId !== head.streamId) throw misplaced('CONTINUATION without HEADERS')
    fragments.add(bytes.subarray(start, start + head.length))
    if ((head.flags & frameFlags.endHeaders) === 0) return undefined
    this.#fragments = undefined
    return this.#decode(fragments.streamId, fragments.join(), fragments.isLast)
  }

  /** What the headers of a request say; undefined when they are malformed. */
  headOf(headers: readonly string[]): RequestHead | undefined {
    // The decoder gives the same list for the same bytes.
    if (headers !== this.#lastHeaders) {
      this.#lastHead = readRequestHead(headers)
      this.#lastHeaders = headers
    }
    return this.#lastHead
  }

  /** Every block is decoded, whatever its stream: the table of the connection follows it. */
  #decode(streamId: number, block: Buffer, isLast: boolean): ReceivedBlock {
    const { headers, isTooLarge } = this.#decoder.decode(block)
    return { streamId, isLast, headers, isTooLarge }
  }
}

function withoutPriority(flags: number, block: Buffer): Buffer {
  if ((flags & frameFlags.priority) === 0) return block
  if (block.length < priorityBytes) throw new ConnectionFault(errorCodes.frameSizeError, 'HEADERS that are too short')
  return block.subarray(priorityBytes)
}
