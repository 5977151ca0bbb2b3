import type { Part, ProcessingRequest } from '@pelton/protocols/ext-proc'
import type { Side } from './side.ts'

/** More bytes than these that wait for a handler, and nothing is read until they are gone. */
const mostWaitingBytes = 1024 * 1024
/** The same of messages, which may be empty. */
const mostWaiting = 1024

interface Waiting {
  side: Side
  /** Undefined: a body that was too large to be kept. */
  message: ProcessingRequest | undefined
  arrivedAt: number
}

/**
 * Gives the messages of a transaction to their sides: those of a direction one after another, and all of them so, in the
 * order in which they came, unless bodies are streamed, for then the directions go on side by side. Sees that those of a
 * direction come in an order that makes sense.
 */
export class Lane {
  readonly request: Side
  readonly response: Side
  readonly #onSettled: () => void
  readonly #waiting: Waiting[] = []
  #waitingBytes = 0
  /** Sides whose reply is still to be made. */
  #requestIsBusy = false
  #responseIsBusy = false
  /** 0: nothing has come; 1: headers; 2: the body, or a piece; 3: its end. */
  #requestStage = 0
  #responseStage = 0

  constructor(request: Side, response: Side, onSettled: () => void) {
    this.request = request
    this.response = response
    this.#onSettled = onSettled
  }

  /** A reply is still to be made. */
  get isBusy(): boolean {
    return this.#requestIsBusy || this.#responseIsBusy
  }

  /** So much waits that nothing more should be read. */
  get isFull(): boolean {
    return this.#waitingBytes > mostWaitingBytes || this.#waiting.length > mostWaiting
  }

  /** Takes a message in its turn; false when it comes at the wrong time. */
  take(message: ProcessingRequest, arrivedAt: number): boolean {
    const { part, endOfStream } = message
    const side = this.#sideOf(part)
    if (!this.#follows(side, part, endOfStream)) return false
    this.#add({ side, message, arrivedAt })
    return true
  }

  /** The same for a body that came in one message that was too large to be kept. */
  takeOversized(part: Part, arrivedAt: number): boolean {
    const side = this.#sideOf(part)
    if (part !== side.facts.parts.body || !this.#follows(side, part, false)) return false
    this.#add({ side, message: undefined, arrivedAt })
    return true
  }

  /** Forgets what waits. */
  clear(): void {
    this.#waiting.length = 0
    this.#waitingBytes = 0
  }

  #sideOf(part: Part): Side {
    return part === 'requestHeaders' || part === 'requestBody' || part === 'requestTrailers'
      ? this.request
      : this.response
  }

  /** Headers may be left out, and so may all the rest; what comes, comes in order, and nothing behind the end. */
  #follows(side: Side, part: Part, endOfStream: boolean): boolean {
    const { parts, isRequest } = side.facts
    const former = isRequest ? this.#requestStage : this.#responseStage
    const stage = part === parts.headers ? 1 : part === parts.body ? 2 : 3
    if (former === 3 || (stage === 1 && former > 0)) return false
    const next = endOfStream ? 3 : stage
    if (isRequest) this.#requestStage = next
    else this.#responseStage = next
    return true
  }

  #add(next: Waiting): void {
    if (this.#mayBegin(next.side)) return this.#give(next)
    this.#waiting.push(next)
    this.#waitingBytes += next.message?.body.byteLength ?? 0
  }

  #give({ side, message, arrivedAt }: Waiting): void {
    if (side === this.response) this.request.noteAnswered()
    if (!message) return side.takeOversized()
    noteFacts(side, message)
    const turn = side.take(message, arrivedAt)
    if (!turn) return
    this.#setBusy(side, true)
    void turn.then(() => {
      this.#setBusy(side, false)
      this.#giveWaiting()
      this.#onSettled()
    })
  }

  #setBusy(side: Side, isBusy: boolean): void {
    if (side === this.request) this.#requestIsBusy = isBusy
    else this.#responseIsBusy = isBusy
  }

  /** Whoever waits for a side waits only while it is busy, so nobody is overtaken. */
  #mayBegin(side: Side): boolean {
    if (!this.isBusy) return true
    if (!isStreamed(this.request) && !isStreamed(this.response)) return false
    return side === this.request ? !this.#requestIsBusy : !this.#responseIsBusy
  }

  #giveWaiting(): void {
    for (let at = 0; at < this.#waiting.length;) {
      const next = this.#waiting[at] as Waiting
      if (this.#mayBegin(next.side)) {
        this.#waiting.splice(at, 1)
        this.#waitingBytes -= next.message?.body.byteLength ?? 0
        this.#give(next)
      } else at += 1
    }
  }
}

function isStreamed({ mode }: Side): boolean {
  return mode === 'STREAMED' || mode === 'FULL_DUPLEX_STREAMED'
}

/** What a message says beside its body is known of its direction from now on. */
function noteFacts({ facts }: Side, { part, headers, attributes, metadata }: ProcessingRequest): void {
  const { parts, direction } = facts
  if (part === parts.headers) direction.headers = headers
  else if (part === parts.trailers) direction.trailers = headers
  if (attributes) direction.attributes = { ...direction.attributes, ...attributes }
  if (metadata) direction.metadata = metadata
}
