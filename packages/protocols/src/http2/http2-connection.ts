import type { Socket } from 'node:net'
import type { Clock, Timer } from '@pelton/core'
import type { OnStream } from './transport.ts'
import { checkFrame } from './check-frame.ts'
import { ClosedStreams } from './closed-streams.ts'
import { ConnectionFault, misplaced } from './connection-fault.ts'
import { EventBudget, idleFrameRate, resetRate } from './event-budget.ts'
import { type FrameHead, FrameReader, type FrameTaker } from './frame-reader.ts'
import { FrameWriter } from './frame-writer.ts'
import { HeaderBlocks, type ReceivedBlock } from './header-blocks.ts'
import { HpackError } from './hpack/index.ts'
import { defaultWindow, errorCodes, frameFlags, frameTypes, most31Bits, settingIds } from './http2-codes.ts'
import { Http2Stream, type ResponseHead, type StreamHome, streamWindow } from './http2-stream.ts'
import { Lifeline, type LifelineLimits } from './lifeline.ts'
import { Outlet } from './outlet.ts'
import { readPeerSettings } from './peer-settings.ts'
import { unpadded } from './padding.ts'
import { areTrailers } from './request-head.ts'
import type { SlabPool } from './slab-pool.ts'
import { StreamTable } from './stream-table.ts'

/** Bounds of a connection. */
export interface Http2Limits extends LifelineLimits {
  /** Streams at a time (`SETTINGS_MAX_CONCURRENT_STREAMS`). */
  maxConcurrentStreams: number
  /** Connections at a time; more are closed at once. */
  maxConnections: number
  /** Bytes of a request's headers (`SETTINGS_MAX_HEADER_LIST_SIZE`). */
  maxMetadataBytes: number
}

/** What a connection needs of its listener. */
export interface ConnectionTerms {
  readonly limits: Http2Limits
  readonly clock: Clock
  readonly slabs: SlabPool
  readonly responseHead: ResponseHead
  readonly onStream: OnStream
  onFault(error: unknown): void
}

/** Bytes that a peer may send on all streams together before some are taken. */
const connectionWindow = 16 * 1024 * 1024
/** Streams that a peer may open before it knows our limit. */
const unknowingStreams = 1_024
/** Ended streams whose client's half is open: so many are left alone for a while. */
const mostLingering = 1_024
const lingerMs = 500
/** How long an idle peer has to answer the ping of a drain, and to close after the last word. */
const farewellMs = 250
/** No more is read from a peer that does not read so many bytes. */
const mostUntaken = 1024 * 1024
/** Longer frames would let one stream go before all others. */
const mostFrameBytes = 65_536
const keepAlivePing = Buffer.from('pelton-a')
const farewellPing = Buffer.from('pelton-z')

/** One client's connection (RFC 9113): its streams, its windows, its end. */
export class Http2Connection implements FrameTaker, StreamHome {
  readonly address: string
  readonly responseHead: ResponseHead
  readonly outlet: Outlet
  readonly #socket: Socket
  readonly #terms: ConnectionTerms
  readonly #reader = new FrameReader(this)
  readonly #writer: FrameWriter
  readonly #blocks: HeaderBlocks
  readonly #streams = new StreamTable<Http2Stream>()
  readonly #closed = new ClosedStreams()
  readonly #lifeline: Lifeline
  readonly #resets: EventBudget
  readonly #idleFrames: EventBudget
  #lastId = 0
  /** Streams above it came after our last word. */
  #mostId = most31Bits
  /** Streams whose response is not over. */
  #open = 0
  /** Streams whose response is over while their client's half is open. */
  #lingering = 0
  #peerWindow = defaultWindow
  #receiveWindow = connectionWindow
  #taken = 0
  #isAcknowledged = false
  #isDraining = false
  #hasSaidLast = false
  #isOver = false
  #timer: Timer | undefined

  constructor(socket: Socket, terms: ConnectionTerms) {
    const { limits, clock } = terms
    const now = clock.now()
    this.#socket = socket
    this.#terms = terms
    this.responseHead = terms.responseHead
    this.address = socket.remoteAddress ?? ''
    this.#lifeline = new Lifeline(limits, now)
    this.#resets = new EventBudget(resetRate, now)
    this.#idleFrames = new EventBudget(idleFrameRate, now)
    this.#blocks = new HeaderBlocks(limits.maxMetadataBytes)
    this.#writer = new FrameWriter(terms.slabs)
    this.outlet = new Outlet(socket, this.#writer, () => this.#allTaken())
    this.#greet()
    socket.on('data', (chunk) => this.#read(chunk))
    // The `close` that follows says all that matters: nobody but the peer could mend it.
    socket.on('error', () => undefined)
    socket.once('end', () => this.outlet.flush())
    socket.once('close', () => this.#lost())
  }

  /** Looks after a silent peer and what it has left half open. */
  sweep(now: number): void {
    if (this.#isOver) return
    const due = this.#lifeline.look(now)
    if (due === 'cut') return this.cut()
    if (due === 'ping') {
      this.#writer.ping(keepAlivePing, false)
      this.outlet.flushLater()
    }
    if (this.#lingering > 0) this.#endLingering(now - lingerMs)
  }

  /**
   * Sends GOAWAY and closes once no stream is open. Streams that were on their way are still taken: the last GOAWAY
   * follows the answer to a ping, for which an idle peer has little time (RFC 9113 §6.8).
   */
  drain(): void {
    if (this.#isDraining || this.#isOver) return
    this.#isDraining = true
    this.#writer.goaway(most31Bits, errorCodes.noError)
    this.#writer.ping(farewellPing, false)
    this.outlet.flush()
    this.#timer = this.#terms.clock.after(farewellMs, () => this.#sayLast())
  }

  /** Closes the connection with all that is open on it. */
  cut(): void {
    this.outlet.flush()
    this.#lost()
    this.#socket.destroy()
  }

  data(head: FrameHead, bytes: Buffer, isLast: boolean): void {
    this.#takeData(head, bytes, bytes.length, isLast)
  }

  frame(head: FrameHead, bytes: Buffer, start: number): void {
    if (!this.#lifeline.hasSettings && (head.type !== frameTypes.settings || (head.flags & frameFlags.ack) !== 0)) {
      throw new ConnectionFault(errorCodes.protocolError, 'the first frame is not SETTINGS')
    }
    if (this.#blocks.isOpen && head.type !== frameTypes.continuation) throw misplaced('a frame inside a header block')
    checkFrame(head)
    switch (head.type) {
      case frameTypes.data:
        return this.#paddedData(head, bytes, start)
      case frameTypes.headers:
        return this.#headers(this.#blocks.begin(head, bytes, start))
      case frameTypes.priority:
        return this.#priority(head)
      case frameTypes.rstStream:
        return this.#rstStream(head)
      case frameTypes.settings:
        return this.#settings(head, bytes.subarray(start, start + head.length))
      case frameTypes.ping:
        return this.#ping(head, bytes.subarray(start, start + head.length))
      case frameTypes.goaway:
        return this.#goaway()
      case frameTypes.windowUpdate:
        return this.#windowUpdate(head, bytes, start)
      case frameTypes.continuation:
        return this.#headers(this.#blocks.goOn(head, bytes, start))
      default:
        return this.#countIdleFrame()
    }
  }

  credit(bytes: number): void {
    this.#taken += bytes
    if (this.#taken < connectionWindow / 2) return
    this.#receiveWindow += this.#taken
    this.#writer.windowUpdate(0, this.#taken)
    this.outlet.flushLater()
    this.#taken = 0
  }

  lingers(stream: Http2Stream): void {
    const now = this.#terms.clock.now()
    stream.lingersSince = now
    this.#open -= 1
    this.#lingering += 1
    if (this.#lingering > mostLingering) this.#endLingering(now)
  }

  gone(stream: Http2Stream, isCut: boolean): void {
    this.#streams.delete(stream)
    this.#closed.add(stream.id, isCut)
    if (stream.lingersSince === undefined) this.#open -= 1
    else this.#lingering -= 1
  }

  onFault(error: unknown): void {
    this.#terms.onFault(error)
  }

  /** Asks clients whose responses were over by then to stop sending (RFC 9113 §8.1). */
  #endLingering(by: number): void {
    for (const stream of this.#streams.all()) {
      if (stream.lingersSince !== undefined && stream.lingersSince <= by) stream.cut(errorCodes.noError)
    }
  }

  #greet(): void {
    const { maxConcurrentStreams, maxMetadataBytes } = this.#terms.limits
    this.#writer.settings([
      [settingIds.maxConcurrentStreams, maxConcurrentStreams],
      [settingIds.initialWindowSize, streamWindow],
      [settingIds.maxHeaderListSize, maxMetadataBytes],
    ])
    this.#writer.windowUpdate(0, connectionWindow - defaultWindow)
    this.outlet.flushLater()
  }

  #read(chunk: Buffer): void {
    if (this.#isOver) return
    this.#lifeline.isHeard = true
    try {
      this.#reader.push(chunk)
    } catch (error) {
      this.#fail(error)
    }
    if (this.outlet.untakenBytes > mostUntaken) this.#socket.pause()
  }

  #takeData(head: FrameHead, bytes: Buffer, flowBytes: number, isWhole: boolean): void {
    const { streamId } = head
    if (this.#blocks.isOpen) throw misplaced('a frame inside a header block')
    if (streamId === 0 || !this.#lifeline.hasSettings) throw misplaced('DATA without a stream')
    this.#receiveWindow -= flowBytes
    if (this.#receiveWindow < 0)
      throw new ConnectionFault(errorCodes.flowControlError, 'the window of the connection is closed')
    const isLast = isWhole && (head.flags & frameFlags.endStream) !== 0
    if (bytes.length === 0 && !isLast) this.#countIdleFrame()
    const stream = this.#streams.get(streamId)
    if (!stream) return this.#strayData(streamId, flowBytes)
    const code = stream.receive(bytes, flowBytes, isLast)
    if (code !== undefined) this.#spurn(stream, code)
  }

  #strayData(streamId: number, flowBytes: number): void {
    if (streamId > this.#lastId || (streamId & 1) === 0) throw misplaced('DATA on an idle stream')
    this.credit(flowBytes)
    if (this.#closed.how(streamId) !== 'cut') this.#refuse(streamId, errorCodes.streamClosed)
  }

  #paddedData(head: FrameHead, bytes: Buffer, start: number): void {
    const payload = unpadded(head, bytes, start)
    this.#takeData(head, payload, head.length, true)
  }

  /** Nothing is done before a block is whole. */
  #headers(block: ReceivedBlock | undefined): void {
    if (!block) return
    const { streamId, headers, isTooLarge, isLast } = block
    if (streamId > this.#lastId) return this.#request(streamId, isTooLarge ? undefined : headers, isLast)
    const stream = this.#streams.get(streamId)
    if (stream) return this.#trailers(stream, headers, isLast)
    const how = this.#closed.how(streamId)
    if (how === 'unknown') throw misplaced('a stream below those that were opened')
    if (how === 'ended') throw new ConnectionFault(errorCodes.streamClosed, 'HEADERS on a closed stream')
  }

  #trailers(stream: Http2Stream, headers: readonly string[], isLast: boolean): void {
    const code = isLast && areTrailers(headers) ? stream.receiveTrailers() : stream.unexpected()
    if (code !== undefined) this.#spurn(stream, code)
  }

  /** `headers` are undefined when they are too large. */
  #request(streamId: number, headers: readonly string[] | undefined, isLast: boolean): void {
    this.#lastId = streamId
    if (streamId > this.#mostId) return this.#closed.add(streamId, true)
    const { maxConcurrentStreams, maxMetadataBytes } = this.#terms.limits
    const most = this.#isAcknowledged ? maxConcurrentStreams : Math.max(unknowingStreams, maxConcurrentStreams)
    if (this.#open >= most) return this.#refuse(streamId, errorCodes.refusedStream)
    if (headers === undefined) return this.#refuse(streamId, errorCodes.enhanceYourCalm)
    const head = this.#blocks.headOf(headers)
    if (head === undefined) return this.#refuse(streamId, errorCodes.protocolError)
    // Before it knows our limit a peer is told by whoever serves the stream.
    if (this.#isAcknowledged && head.listBytes > maxMetadataBytes)
      return this.#refuse(streamId, errorCodes.enhanceYourCalm)
    this.#openStream(
      new Http2Stream({ id: streamId, head, rawHeaders: headers, sendWindow: this.#peerWindow }, this),
      isLast,
    )
  }

  #openStream(stream: Http2Stream, isLast: boolean): void {
    this.#open += 1
    this.#streams.add(stream)
    stream.listen(this.#terms.onStream(stream))
    if (!isLast || this.#isOver) return
    const code = stream.receiveTrailers()
    if (code !== undefined) this.#spurn(stream, code)
  }

  #priority(head: FrameHead): void {
    this.#countIdleFrame()
    if (head.length === 5) return
    const stream = this.#streams.get(head.streamId)
    if (!stream) throw new ConnectionFault(errorCodes.frameSizeError, 'PRIORITY of a wrong length')
    this.#spurn(stream, errorCodes.frameSizeError)
  }

  #rstStream(head: FrameHead): void {
    if (head.streamId > this.#lastId) throw misplaced('RST_STREAM on an idle stream')
    const stream = this.#streams.get(head.streamId)
    if (!stream) return this.#closed.how(head.streamId) === 'cut' ? undefined : this.#countIdleFrame()
    stream.abandon()
    if (!stream.isAnswered) this.#countReset()
    this.#endIfIdle()
  }

  #settings(head: FrameHead, payload: Buffer): void {
    if ((head.flags & frameFlags.ack) !== 0) {
      this.#isAcknowledged = true
      return
    }
    this.#countIdleFrame()
    this.#lifeline.hasSettings = true
    const { initialWindowSize, maxFrameSize } = readPeerSettings(payload)
    if (maxFrameSize !== undefined) this.outlet.maxFrameBytes = Math.min(maxFrameSize, mostFrameBytes)
    if (initialWindowSize !== undefined) this.#resizeWindows(initialWindowSize)
    this.#writer.settings('ack')
    this.outlet.flushLater()
  }

  #resizeWindows(bytes: number): void {
    const change = bytes - this.#peerWindow
    this.#peerWindow = bytes
    for (const stream of this.#streams.all()) {
      if (!stream.widen(change)) throw new ConnectionFault(errorCodes.flowControlError, 'a window is too large')
    }
  }

  #ping(head: FrameHead, payload: Buffer): void {
    this.#countIdleFrame()
    if ((head.flags & frameFlags.ack) !== 0) {
      if (payload.equals(farewellPing)) this.#sayLast()
      return
    }
    this.#writer.ping(payload, true)
    this.outlet.flushLater()
  }

  /** The peer opens no more streams. */
  #goaway(): void {
    this.#isDraining = true
    this.#sayLast()
  }

  #windowUpdate({ streamId }: FrameHead, bytes: Buffer, start: number): void {
    const increment = bytes.readUInt32BE(start) & most31Bits
    if (streamId === 0) return this.#widen(increment)
    if (streamId > this.#lastId) throw misplaced('WINDOW_UPDATE on an idle stream')
    const stream = this.#streams.get(streamId)
    if (!stream) return
    if (increment === 0) this.#spurn(stream, errorCodes.protocolError)
    else if (!stream.widen(increment)) this.#spurn(stream, errorCodes.flowControlError)
  }

  #widen(increment: number): void {
    if (increment === 0) throw misplaced('WINDOW_UPDATE of nothing')
    this.outlet.window += increment
    if (this.outlet.window > most31Bits)
      throw new ConnectionFault(errorCodes.flowControlError, 'the window is too large')
    this.outlet.flushLater()
  }

  /** The peer has broken a rule of one stream. */
  #spurn(stream: Http2Stream, code: number): void {
    stream.cut(code)
    stream.lost()
    this.#countReset()
    this.#endIfIdle()
  }

  /** Ends a stream that nobody was told of. */
  #refuse(streamId: number, code: number): void {
    this.#countReset()
    this.#closed.add(streamId, true)
    this.#writer.rstStream(streamId, code)
    this.outlet.flushLater()
  }

  #countReset(): void {
    if (this.#resets.spend(this.#terms.clock.now())) return
    throw new ConnectionFault(errorCodes.enhanceYourCalm, 'too many streams without an answer')
  }

  #countIdleFrame(): void {
    if (this.#idleFrames.spend(this.#terms.clock.now())) return
    throw new ConnectionFault(errorCodes.enhanceYourCalm, 'too many frames that mean nothing')
  }

  #allTaken(): void {
    if (this.#isOver) return
    if (this.#socket.isPaused()) this.#socket.resume()
    this.#endIfIdle()
  }

  #sayLast(): void {
    if (this.#hasSaidLast || this.#isOver) return
    this.#hasSaidLast = true
    this.#timer?.cancel()
    this.#mostId = this.#lastId
    this.#writer.goaway(this.#lastId, errorCodes.noError)
    this.outlet.flushLater()
  }

  #endIfIdle(): void {
    if (!this.#hasSaidLast || this.#open > 0 || this.#isOver) return
    // Called again once all is taken.
    if (this.outlet.untakenBytes > 0) this.outlet.flushLater()
    else this.#leave()
  }

  #fail(error: unknown): void {
    const isPeers = error instanceof ConnectionFault || error instanceof HpackError
    if (!isPeers) this.#terms.onFault(error)
    const ours = isPeers ? errorCodes.compressionError : errorCodes.internalError
    const code = error instanceof ConnectionFault ? error.code : ours
    this.#writer.goaway(this.#lastId, code, isPeers ? error.message : '')
    this.outlet.flush()
    this.#leave()
  }

  /** Says no more. The peer may close first: bytes of its that nobody has read would cost it our last ones. */
  #leave(): void {
    if (this.#isOver) return
    this.#lost()
    this.#socket.resume()
    this.#socket.end()
    this.#timer = this.#terms.clock.after(farewellMs, () => this.#socket.destroy())
  }

  #lost(): void {
    this.#timer?.cancel()
    this.#isOver = true
    this.#reader.stop()
    this.outlet.clear()
    for (const stream of this.#streams.all()) stream.lost()
  }
}
