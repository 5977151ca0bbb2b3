import type { BodyMode, HeaderToSet, ProcessingRequest } from '@pelton/protocols/ext-proc'
import { type BodyWay, bodyWay } from './body-way.ts'
import { unchanged } from './decision.ts'
import { codingsOfBody } from './direction.ts'
import { GatheredBody, nothing } from './gathered-body.ts'
import { echo, headerMutation, partReply } from './replies.ts'
import type { Side, SideFacts, SideOwner } from './side.ts'
import { tooLarge } from './turn.ts'

/** A direction that goes on at once, and as it came: the handler is told of it behind that. */
export class ObservedSide implements Side {
  readonly facts: SideFacts
  mode: BodyMode | undefined
  isDone = false
  readonly #owner: SideOwner
  #way: BodyWay | undefined
  #gathered = new GatheredBody()
  #hasHeaders = false
  #wasTold = false

  constructor(facts: SideFacts, owner: SideOwner) {
    this.facts = facts
    this.#owner = owner
  }

  take(message: ProcessingRequest): undefined {
    const { parts } = this.facts
    this.#owner.reply(this.#replyTo(message))
    if (message.part === parts.headers) this.#takeHeaders(message)
    else if (message.part === parts.body) this.#takeBody(message)
    else this.finish(true)
  }

  takeOversized(): void {
    if (this.mode === 'FULL_DUPLEX_STREAMED') return this.#owner.breakOff('a piece of a body is too large')
    this.#owner.reply({ part: this.facts.parts.body })
    this.#giveUp()
  }

  changeMode(mode: BodyMode): void {
    this.mode = mode
    this.#way = undefined
  }

  /** What nothing told the end of has ended now. */
  finish(isClean: boolean): void {
    this.isDone = true
    if (this.#wasTold || !(this.#hasHeaders || this.#gathered.bytes > 0)) return
    this.#tell(this.#gathered.join(), isClean, this.#gathered.bytes > 0)
  }

  noteAnswered(): void {
    if (this.#gathered.bytes === 0) this.finish(true)
  }

  #replyTo(message: ProcessingRequest): ReturnType<typeof echo> {
    const { isRequest, parts } = this.facts
    if (isRequest || message.part !== parts.headers) return echo(message, this.mode)
    const marks: HeaderToSet[] = this.#owner.marks(message.endOfStream, false)
    return partReply(message.part, unchanged, { headers: headerMutation(unchanged, { isRequest, marks }) })
  }

  #takeHeaders({ endOfStream }: ProcessingRequest): void {
    this.#hasHeaders = true
    this.isDone = endOfStream || this.mode === 'NONE'
    if (this.isDone) this.#tell(nothing, endOfStream, false)
  }

  #takeBody({ body, endOfStream }: ProcessingRequest): void {
    const { isHandled, direction } = this.facts
    const { gathers, maxBodyBytes } = this.#owner.rules
    this.isDone = endOfStream
    const way = (this.#way ??= bodyWay({ isHandled, mode: this.mode, gathers, headers: direction.headers }))
    if (way === 'past') return
    if (this.#gathered.bytes + body.byteLength > maxBodyBytes) return this.#giveUp()
    if (way !== 'gathered') return this.#tell(body, endOfStream, true)
    this.#gathered.add(body)
    if (endOfStream) this.#tell(this.#gathered.join(), true, true)
  }

  #giveUp(): void {
    this.#way = 'past'
    this.#wasTold = true
    this.#gathered = new GatheredBody()
    this.#owner.noteRefused(this.facts.parts.body, tooLarge.text)
  }

  #tell(body: Buffer, endOfStream: boolean, isBody: boolean): void {
    const { isRequest, direction } = this.facts
    this.#wasTold = true
    const isWhole = isBody && this.#way !== 'pieces'
    const isPlain = isWhole && this.#owner.rules.decompresses
    const codings = isPlain ? codingsOfBody(direction) : undefined
    const phase = isRequest ? (isBody ? 2 : 1) : isBody ? 5 : 4
    this.#owner.observe({
      direction,
      phase,
      body,
      isWhole,
      endOfStream,
      codings: codings ?? [],
      mayBePartial: this.mode === 'BUFFERED_PARTIAL' || !endOfStream,
      headersAreOpen: false,
    })
  }
}
