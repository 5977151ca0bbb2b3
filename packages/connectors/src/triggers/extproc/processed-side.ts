import type { BodyMode, HeaderToSet, ProcessingRequest } from '@pelton/protocols/ext-proc'
import { type BodyWay, bodyWay, namedLength } from './body-way.ts'
import { decodeBody } from './content-coding.ts'
import { type Proceed, unchanged } from './decision.ts'
import { codingsOfBody, mostKeptBytes } from './direction.ts'
import { GatheredBody, nothing } from './gathered-body.ts'
import { answerReply, cleared, echo, failureReply, headerMutation, partReply, replaced, streamed } from './replies.ts'
import type { Side, SideFacts, SideOwner } from './side.ts'
import { type TurnContent, type Verdict, failed, tooLarge, unhandled } from './turn.ts'

/** What goes on, and its new body as it goes out. */
interface Going {
  decision: Proceed
  body: Uint8Array | undefined
  losesCoding: boolean
}

/** A direction whose messages wait for their replies: the handler's, or none where it has no say. */
export class ProcessedSide implements Side {
  readonly facts: SideFacts
  mode: BodyMode | undefined
  isDone = false
  readonly #owner: SideOwner
  #way: BodyWay | undefined
  #gathered = new GatheredBody()
  /** Pieces were cleared that have to come back in the last one. */
  #owesPieces = false
  /** The headers get their reply with the body. */
  #holdsHeaders = false
  #hasRun = false
  /** A piece went on untouched. */
  #hasPassed = false
  /** The headers were not the end. */
  #hasBody = false
  /** A body must come: else something is wrong. */
  #lacksBody = false
  /** It must come now, or not at all. */
  #isOverdue = false
  #trailers: readonly HeaderToSet[] = []

  constructor(facts: SideFacts, owner: SideOwner) {
    this.facts = facts
    this.#owner = owner
  }

  take(message: ProcessingRequest, arrivedAt: number): Promise<void> | undefined {
    const { parts } = this.facts
    if (message.part === parts.headers) return this.#takeHeaders(message, arrivedAt)
    if (message.part === parts.body) return this.#takeBody(message, arrivedAt)
    return this.#takeTrailers(arrivedAt)
  }

  takeOversized(): void {
    const { isHandled, parts } = this.facts
    const goesPast = !isHandled || this.#way === 'past'
    // Its bytes are gone, and would have to be sent back: in that mode, or behind pieces that were cleared.
    const isLost = (this.#isDuplex || this.#owesPieces) && (goesPast || this.#owner.rules.passesErrors)
    if (isLost) return this.#owner.breakOff('a piece of a body is too large')
    if (goesPast) return this.#owner.reply({ part: parts.body })
    this.#refuse(nothing, false)
  }

  changeMode(mode: BodyMode): void {
    this.mode = mode
    this.#way = undefined
    this.#hasRun = false
    this.isDone = false
    // Not every proxy is allowed to do as it was asked.
    this.#isOverdue = true
    this.#lacksBody = this.#hasBody && mode !== 'NONE'
  }

  noteAnswered(): void {
    this.#isOverdue = true
  }

  finish(isClean: boolean): void {
    const isMissed = this.#lacksBody && !this.#hasRun && (isClean || this.#isOverdue)
    if (isMissed) this.#owner.noteRefused(this.facts.parts.body, this.#owesPieces ? lostBody : missedBody)
    this.#lacksBody = false
    this.isDone = true
  }

  get #isDuplex(): boolean {
    return this.mode === 'FULL_DUPLEX_STREAMED'
  }

  #takeHeaders({ endOfStream }: ProcessingRequest, arrivedAt: number): Promise<void> | undefined {
    const { isHandled, isRequest, parts } = this.facts
    const isAlone = endOfStream || this.mode === 'NONE'
    this.#hasBody = !endOfStream
    this.#lacksBody = isHandled && !isAlone
    if (isHandled && isAlone) {
      const content = this.#content(nothing, { isBody: false, endOfStream })
      return this.#turn(content, arrivedAt, (going) => this.#replyHeaders(going, endOfStream))
    }
    this.isDone = endOfStream
    this.#way = this.#chooseWay()
    this.#holdsHeaders = this.#isDuplex && this.#way === 'gathered'
    if (this.#holdsHeaders) return undefined
    const marks = isRequest ? noMarks : this.#owner.marks(endOfStream, false)
    this.#owner.reply(partReply(parts.headers, unchanged, { headers: headerMutation(unchanged, { isRequest, marks }) }))
    return undefined
  }

  #takeBody(message: ProcessingRequest, arrivedAt: number): Promise<void> | undefined {
    const { body, endOfStream } = message
    const way = (this.#way = this.#chooseBodyWay(message))
    if (way === 'past') return this.#passOn(message)
    if (way === 'gathered') return this.#gather(message, arrivedAt)
    if (way === 'whole' && body.byteLength > this.#owner.rules.maxBodyBytes) return this.#refuse(body, endOfStream)
    const content = this.#content(body, { isBody: true, endOfStream })
    return way === 'whole'
      ? this.#turn(content, arrivedAt, (going) => this.#replyWhole(going))
      : this.#turn(content, arrivedAt, (going) => this.#replyPiece(going, message))
  }

  /** A message goes on untouched; a whole body of a request is kept for the events of its response. */
  #passOn(message: ProcessingRequest): Promise<void> | undefined {
    const { isHandled, isRequest, direction } = this.facts
    const { body, endOfStream } = message
    const { handles, decompresses } = this.#owner.rules
    const isKept = isRequest && !isHandled && handles.response && this.#isAllOf(message)
    this.isDone = endOfStream
    const reply = (): void => this.#owner.reply(echo(message, this.mode))
    const codings = (isKept && decompresses && codingsOfBody(direction)) || []
    if (codings.length === 0) {
      if (isKept) direction.keepBody(body)
      reply()
      return undefined
    }
    return Promise.resolve(decodeBody(body, codings, mostKeptBytes)).then((plain) => {
      if ('body' in plain) direction.keepBody(plain.body)
      reply()
    })
  }

  /** Whether a body comes in one message. */
  #isAllOf({ endOfStream, body }: ProcessingRequest): boolean {
    if (this.mode === 'BUFFERED') return true
    const isFirst = !this.#hasPassed
    this.#hasPassed = true
    return isFirst && (endOfStream || body.byteLength === namedLength(this.facts.direction.headers))
  }

  #takeTrailers(arrivedAt: number): Promise<void> | undefined {
    const { isHandled } = this.facts
    if (!isHandled || this.#hasRun || this.#way === 'past') return this.#replyTrailers()
    if (this.#owesPieces) return this.#refuseTrailers()
    // Only now the body is known to be complete.
    const content = this.#content(this.#gathered.join(), { isBody: true, endOfStream: true })
    return this.#turn(content, arrivedAt, (going) => {
      if (this.#isDuplex) this.#replyGathered(going, content.body, false)
      this.#replyTrailers()
    })
  }

  #gather(message: ProcessingRequest, arrivedAt: number): Promise<void> | undefined {
    const { body, endOfStream, part } = message
    const { direction } = this.facts
    this.#gathered.add(body)
    const { bytes } = this.#gathered
    if (bytes > this.#owner.rules.maxBodyBytes) return this.#refuse(this.#gathered.join(), endOfStream)
    const isWhole = endOfStream || (!this.#isDuplex && bytes > 0 && bytes === namedLength(direction.headers))
    if (isWhole) {
      const content = this.#content(this.#gathered.join(), { isBody: true, endOfStream: true })
      // The end may come in an empty piece of its own.
      if (!endOfStream) this.#way = 'past'
      return this.#turn(content, arrivedAt, (going) => this.#replyGathered(going, content.body, endOfStream))
    }
    if (this.#isDuplex) return undefined
    this.#owesPieces ||= body.byteLength > 0
    this.#owner.reply(cleared(part))
    return undefined
  }

  #content(body: Buffer, { isBody, endOfStream }: { isBody: boolean; endOfStream: boolean }): TurnContent {
    const { isRequest, direction } = this.facts
    const isWhole = isBody && (this.#way === 'whole' || this.#way === 'gathered')
    const codings = isWhole && this.#owner.rules.decompresses ? codingsOfBody(direction) : undefined
    const phase = isRequest ? (isBody ? 2 : 1) : isBody ? 5 : 4
    const mayBePartial = this.mode === 'BUFFERED_PARTIAL' && !endOfStream
    const headersAreOpen = (this.#way === 'whole' && this.mode !== undefined) || this.#holdsHeaders
    return { direction, phase, body, isWhole, endOfStream, codings: codings ?? [], mayBePartial, headersAreOpen }
  }

  async #turn(content: TurnContent, arrivedAt: number, reply: (going: Going) => void): Promise<void> {
    this.#hasRun = true
    const going = this.#goingOf(await this.#owner.takeTurn(content, arrivedAt))
    if (going) reply(going)
  }

  /** Undefined when the client was answered. */
  #goingOf(verdict: Verdict): Going | undefined {
    if (verdict.kind === 'failed') {
      if (this.#owner.rules.passesErrors) return { decision: unchanged, body: undefined, losesCoding: false }
      this.#owner.reply(failureReply(verdict.failure))
      return undefined
    }
    const { decision, body, losesCoding } = verdict
    if (decision.kind === 'answer') {
      this.#owner.reply(answerReply(decision))
      return undefined
    }
    this.#trailers = decision.trailers ?? noMarks
    return { decision, body, losesCoding }
  }

  #replyHeaders({ decision }: Going, endOfStream: boolean): void {
    const { isRequest, parts } = this.facts
    const marks = isRequest ? noMarks : this.#owner.marks(endOfStream, false)
    this.isDone = this.#trailers.length === 0
    const { modeOverride: wanted } = decision
    const complete = wanted ? { ...decision, modeOverride: this.#owner.override(wanted) } : decision
    this.#owner.reply(partReply(parts.headers, complete, { headers: headerMutation(decision, { isRequest, marks }) }))
  }

  #replyWhole({ decision, body, losesCoding }: Going): void {
    const { isRequest, parts, direction } = this.facts
    const marks = isRequest ? noMarks : this.#owner.marks(true, true)
    // Envoy adds what it is told to overwrite, and a content-length that was not there costs HTTP/1.1 its trailers.
    const bodyBytes = namedLength(direction.headers) === undefined ? undefined : body?.byteLength
    const headers = headerMutation(decision, { isRequest, bodyBytes, losesCoding, marks })
    this.isDone = this.#trailers.length === 0
    this.#owner.reply(partReply(parts.body, decision, { headers, body: body && replaced(body) }))
  }

  #replyPiece({ decision, body }: Going, message: ProcessingRequest): void {
    const { endOfStream, part } = message
    this.isDone = endOfStream
    const piece = this.#isDuplex ? streamed(body ?? message.body, endOfStream) : body && replaced(body)
    this.#owner.reply(partReply(part, decision, { body: piece }))
  }

  #replyGathered(going: Going, raw: Buffer, endOfStream: boolean): void {
    this.isDone = endOfStream || (!this.#isDuplex && this.#trailers.length === 0)
    if (this.#isDuplex) return this.#replyDuplex(going, raw, endOfStream)
    const { decision } = going
    const body = going.body ?? (this.#owesPieces ? raw : undefined)
    this.#owesPieces = false
    this.#owner.reply(partReply(this.facts.parts.body, decision, { body: body && replaced(body) }))
  }

  /** In this mode replies are no answers to single messages: they make up the new message, headers first. */
  #replyDuplex({ decision, body, losesCoding }: Going, raw: Buffer, endOfStream: boolean): void {
    const { isRequest, parts } = this.facts
    if (this.#holdsHeaders) {
      const marks = isRequest ? noMarks : this.#owner.marks(true, false)
      const headers = headerMutation(decision, { isRequest, losesCoding, marks })
      this.#holdsHeaders = false
      this.#owner.reply(partReply(parts.headers, decision, { headers }))
    }
    const whole = body ?? raw
    for (let at = 0; at < whole.byteLength || (at === 0 && endOfStream); at += mostPieceBytes) {
      const end = Math.min(at + mostPieceBytes, whole.byteLength)
      const isLast = endOfStream && end === whole.byteLength
      this.#owner.reply({ part: parts.body, body: streamed(whole.subarray(at, end), isLast) })
    }
  }

  #replyTrailers(): undefined {
    const { parts } = this.facts
    this.isDone = true
    this.#owner.reply({
      part: parts.trailers,
      ...(this.#trailers.length > 0 ? { headers: { set: this.#trailers } } : {}),
    })
  }

  /** A body that is over the limit; `raw` is what was kept of it. */
  #refuse(raw: Buffer, endOfStream: boolean): undefined {
    const { parts } = this.facts
    const verdict = failed(tooLarge)
    this.#owner.noteRefused(parts.body, tooLarge.text, verdict.failure.eventId)
    const wasGathered = this.#way === 'gathered'
    this.#way = 'past'
    this.#hasRun = true
    const going = this.#goingOf(verdict)
    if (!going) return
    if (wasGathered) this.#replyGathered(going, raw, endOfStream)
    else this.#owner.reply({ part: parts.body })
    this.#gathered = new GatheredBody()
    this.isDone = endOfStream
  }

  /** What was cleared cannot be put back behind the body's end, which nothing announced. */
  #refuseTrailers(): undefined {
    const { failure } = failed({ ...unhandled, details: 'pelton_unannounced_trailers' })
    this.#owner.noteRefused(this.facts.parts.trailers, lostBody, failure.eventId)
    this.#owner.reply(failureReply(failure))
  }

  /** A proxy that does not tell its mode may hold the headers back for a body in one message, as in mode BUFFERED. */
  #chooseBodyWay({ endOfStream }: ProcessingRequest): BodyWay {
    const way = this.#way ?? this.#chooseWay()
    const isOne = way === 'gathered' && this.mode === undefined && endOfStream && this.#gathered.bytes === 0
    return isOne && !this.#owesPieces ? 'whole' : way
  }

  #chooseWay(): BodyWay {
    const { isHandled, direction } = this.facts
    return bodyWay({ isHandled, mode: this.mode, gathers: this.#owner.rules.gathers, headers: direction.headers })
  }
}

const noMarks: HeaderToSet[] = []
/** What a body response of FULL_DUPLEX_STREAMED should carry at most (processing_mode.proto). */
const mostPieceBytes = 64 * 1024
const missedBody = 'the proxy did not send it; a mode that a handler asks for must be allowed by allow_mode_override'
const lostBody =
  'trailers that were not announced followed a body in mode STREAMED; use BUFFERED or FULL_DUPLEX_STREAMED, or bufferStreamedBodies: false'
