import type { PeltonLogger, TriggerContext } from '@pelton/core'
import {
  type BodyMode,
  type HeaderToSet,
  type ModeOverride,
  type Part,
  type ProcessingReply,
  type ProcessingRequest,
  decodeProcessingRequest,
  encodeProcessingReply,
  partOf,
} from '@pelton/protocols/ext-proc'
import { type GrpcStream, type StreamListener, grpcCode } from '@pelton/protocols/grpc'
import { MalformedMessage } from '@pelton/protocols/protobuf'
import type { Deadlines } from './deadlines.ts'
import { Direction } from './direction.ts'
import { Lane } from './lane.ts'
import { ObservedSide } from './observed-side.ts'
import { ProcessedSide } from './processed-side.ts'
import { requestParts, responseParts } from './replies.ts'
import type { ExtProcRules } from './rules.ts'
import type { Side, SideFacts, SideOwner } from './side.ts'
import { TurnOptions } from './turn-options.ts'
import { type TurnContent, type TurnParts, type Verdict, failed, overdue, runTurn, unhandled } from './turn.ts'

/** What all transactions of a trigger share. */
export interface TransactionParts {
  rules: ExtProcRules
  trigger: { kind: string; name: string }
  context: Pick<TriggerContext, 'dispatch' | 'count' | 'clock'>
  logger: PeltonLogger
  deadlines: Deadlines
}

/** One HTTP transaction of the proxy: a stream of messages about a request and its response, each of which gets a reply. */
export class Transaction implements StreamListener, SideOwner {
  readonly #stream: GrpcStream
  readonly #parts: TransactionParts
  /** Keeps the events of a transaction on one worker; undefined when there is only one. */
  readonly #key: string | undefined
  readonly #turns = new Set<TurnOptions>()
  #lane: Lane | undefined
  /** Replies are neither wanted nor read. */
  #isSilent = false
  /** The proxy has said what it is going to send: such a one knows that a stream may end before it does. */
  #mayEndEarly = false
  #isHalfClosed = false
  #isPaused = false
  #isOver = false
  #handlerMs = 0

  constructor(stream: GrpcStream, parts: TransactionParts, key: string | undefined) {
    this.#stream = stream
    this.#parts = parts
    this.#key = key
    if (parts.rules.logsStreams) parts.logger.info('extproc_stream_opened', { address: stream.address })
  }

  get rules(): ExtProcRules {
    return this.#parts.rules
  }

  message(bytes: Buffer): void {
    if (this.#isOver) return
    const message = this.#decode(bytes)
    if (!message) return
    const lane = (this.#lane ??= this.#begin(message))
    if (this.rules.logsPhases) this.#logPhase(message)
    if (!lane.take(message, this.#parts.context.clock.now())) return this.breakOff(`${message.part} at the wrong time`)
    this.#settle(lane)
  }

  oversized(length: number, start: Buffer): void {
    if (this.#isOver) return
    const part = partOf(start)
    const lane = this.#lane
    if (!lane || !part || !lane.takeOversized(part, this.#parts.context.clock.now())) {
      return this.#end(grpcCode.resourceExhausted, `a message of ${length} bytes is too large`)
    }
    this.#settle(lane)
  }

  halfClosed(): void {
    this.#isHalfClosed = true
    if (this.#lane) this.#settle(this.#lane)
    else this.#end(grpcCode.ok)
  }

  closed(isClean: boolean): void {
    if (this.rules.logsStreams) this.#parts.logger.info('extproc_stream_closed', { clean: isClean })
    this.#isOver = true
    this.#lane?.clear()
    this.#lane?.request.finish(false)
    this.#lane?.response.finish(false)
    for (const turn of this.#turns) turn.abort()
  }

  reply(reply: ProcessingReply): void {
    if (this.#isOver || this.#isSilent) return
    this.#stream.send(encodeProcessingReply(reply))
    // The proxy reads nothing behind it.
    if (reply.part === 'immediate') this.#end(grpcCode.ok)
  }

  breakOff(reason: string): void {
    this.#parts.logger.warn('extproc_stream_refused', { reason, address: this.#stream.address })
    this.#end(grpcCode.invalidArgument, reason)
  }

  takeTurn(content: TurnContent, arrivedAt: number): Promise<Verdict> {
    const { deadlines, rules, logger } = this.#parts
    const turn = new TurnOptions(this.#key)
    this.#turns.add(turn)
    return new Promise((resolve) => {
      const deadline = deadlines.add(arrivedAt + rules.phaseTimeoutMs, () => {
        const late = failed(overdue, turn.eventId)
        const facts = { phase: content.phase, timeout_ms: rules.phaseTimeoutMs, event_id: late.failure.eventId }
        logger.warn('extproc_phase_timed_out', facts)
        turn.abort()
        settle(late)
      })
      const settle = (verdict: Verdict): void => {
        // What comes after the deadline is too late.
        if (!this.#turns.delete(turn)) return
        deadline.cancel()
        resolve(verdict)
      }
      void this.#run(content, turn).then(settle)
    })
  }

  observe(content: TurnContent): void {
    void this.#run(content, new TurnOptions(this.#key)).then((verdict) => {
      if (verdict.kind === 'failed') this.#parts.logger.debug('extproc_unobserved', { reason: verdict.failure.details })
    })
  }

  noteRefused(part: Part, reason: string, eventId?: string): void {
    const facts = { part, reason, limit_bytes: this.rules.maxBodyBytes }
    this.#parts.context.count('failure')
    this.#parts.logger.warn('extproc_body_refused', eventId === undefined ? facts : { ...facts, event_id: eventId })
  }

  marks(isLast: boolean, isBody: boolean): HeaderToSet[] {
    const { marksNames, marksDuration, type } = this.rules
    const marks: HeaderToSet[] = []
    if (marksNames && !isBody) marks.push({ name: 'x-extproc-names', value: type, action: 'append' })
    if (marksDuration && isLast) {
      const nanoseconds = String(Math.round(this.#handlerMs * 1e6))
      marks.push({ name: 'x-extproc-duration-ns', value: nanoseconds, action: 'append' })
    }
    return marks
  }

  override(wanted: ModeOverride): ModeOverride {
    const { request, response } = this.#lane ?? {}
    if (wanted.requestBody) request?.changeMode(wanted.requestBody)
    if (wanted.responseBody) response?.changeMode(wanted.responseBody)
    // The proxy takes a mode that is not named for NONE.
    const [requestBody, responseBody] = [request?.mode, response?.mode]
    return { ...(requestBody ? { requestBody } : {}), ...(responseBody ? { responseBody } : {}), ...wanted }
  }

  #begin(first: ProcessingRequest): Lane {
    const { rules } = this.#parts
    const { bodyModes, observabilityMode } = first
    this.#isSilent = observabilityMode
    this.#mayEndEarly = bodyModes !== undefined
    const ofRequest = new Direction(rules)
    const ofResponse = new Direction(rules, ofRequest)
    const { request, response } = rules.handles
    const about = { isRequest: true, isHandled: request, parts: requestParts, direction: ofRequest }
    const behind = { isRequest: false, isHandled: response, parts: responseParts, direction: ofResponse }
    const sides = [this.#side(about, bodyModes?.request), this.#side(behind, bodyModes?.response)] as const
    const lane = new Lane(...sides, () => this.#settle(lane))
    return lane
  }

  #side(facts: SideFacts, mode: BodyMode | undefined): Side {
    const isObserved = facts.isHandled && (this.rules.observes || this.#isSilent)
    const side = isObserved ? new ObservedSide(facts, this) : new ProcessedSide(facts, this)
    side.mode = mode
    return side
  }

  #decode(bytes: Buffer): ProcessingRequest | undefined {
    try {
      return decodeProcessingRequest(bytes)
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error
      this.breakOff(`no ProcessingRequest: ${error.message}`)
      return undefined
    }
  }

  #run(content: TurnContent, options: TurnOptions): Promise<Verdict> {
    const { trigger, context, logger, rules } = this.#parts
    const parts: TurnParts = {
      trigger,
      maxBodyBytes: rules.maxBodyBytes,
      dispatch: (event) => {
        options.eventId = event.id
        return context.dispatch(event, options)
      },
      took: (ms) => (this.#handlerMs += ms),
      refused: ({ text, eventId }) =>
        this.noteRefused(content.phase === 2 ? 'requestBody' : 'responseBody', text, eventId),
    }
    return runTurn(content, parts).catch((error: unknown) => {
      logger.error('extproc_fault', { error: error instanceof Error ? error.stack : String(error) })
      return failed(unhandled)
    })
  }

  /** Reads no more than can be handled, and ends the stream when nothing is left to be done. */
  #settle(lane: Lane): void {
    if (this.#isOver) return
    const { request, response, isFull } = lane
    if (isFull !== this.#isPaused) {
      this.#isPaused = isFull
      if (isFull) this.#stream.pause()
      else this.#stream.resume()
    }
    if (lane.isBusy) return
    if (this.#isHalfClosed) {
      request.finish(true)
      response.finish(true)
      this.#end(grpcCode.ok)
    } else if (this.#mayEndEarly && this.#isDone(request, response)) this.#end(grpcCode.ok)
  }

  #isDone(request: Side, response: Side): boolean {
    const { handles, marksNames, marksDuration } = this.rules
    const isRequestWanted = handles.request || isDuplex(request)
    const isResponseWanted = handles.response || marksNames || marksDuration || isDuplex(response)
    return (!isRequestWanted || request.isDone) && (!isResponseWanted || response.isDone)
  }

  #end(code: number, message?: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#lane?.clear()
    this.#stream.end(message === undefined ? { code } : { code, message })
  }

  #logPhase({ part, headers, body, endOfStream }: ProcessingRequest): void {
    const facts = { part, headers: headers.length / 2, body_bytes: body.byteLength, end_of_stream: endOfStream }
    this.#parts.logger.info('extproc_message', facts)
  }
}

/** In this mode the proxy has let go of what it sent: it would be lost with the stream. */
function isDuplex({ mode }: Side): boolean {
  return mode === 'FULL_DUPLEX_STREAMED'
}
