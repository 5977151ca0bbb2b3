import type {
  BodyMode,
  HeaderToSet,
  ModeOverride,
  Part,
  ProcessingReply,
  ProcessingRequest,
} from '@pelton/protocols/ext-proc'
import type { PartNames } from './replies.ts'
import type { Direction } from './direction.ts'
import type { ExtProcRules } from './rules.ts'
import type { TurnContent, Verdict } from './turn.ts'

/** One direction of a transaction, message by message. */
export interface Side {
  readonly facts: SideFacts
  /** As the proxy says at first, then as a handler has changed it; undefined: it does not say. */
  mode: BodyMode | undefined
  /** Nothing is left to be done for it. */
  readonly isDone: boolean
  /** Takes the next message; there is a promise when the handler is asked, which resolves when the reply has left. */
  take(message: ProcessingRequest, arrivedAt: number): Promise<void> | undefined
  /** A body has come in one message that was too large to be kept. */
  takeOversized(): void
  /** A handler has changed what the proxy sends of the body. */
  changeMode(mode: BodyMode): void
  /** The other direction has begun: where the proxy does not say what it sends, a body that has not come will not come. */
  noteAnswered(): void
  /** The proxy sends no more; `isClean` when it has said so itself. May be called again. */
  finish(isClean: boolean): void
}

/** What a side is about. */
export interface SideFacts {
  isRequest: boolean
  isHandled: boolean
  parts: PartNames
  direction: Direction
}

/** What a side needs of its transaction. */
export interface SideOwner {
  readonly rules: ExtProcRules
  /** Sends a reply; an immediate one ends the transaction. */
  reply(reply: ProcessingReply): void
  /** Ends the transaction with an error: it cannot go on. */
  breakOff(message: string): void
  /** Calls the handler while the proxy waits for it; `arrivedAt` is when the message came that it waits with. Never rejects. */
  takeTurn(content: TurnContent, arrivedAt: number): Promise<Verdict>
  /** Calls the handler, and nobody waits for it. */
  observe(content: TurnContent): void
  /** A body was not given to the handler; the client may have been told of this event. */
  noteRefused(part: Part, reason: string, eventId?: string): void
  /** What the configuration adds to the headers of responses. */
  marks(isLast: boolean, isBody: boolean): HeaderToSet[]
  /** A handler wants other parts of the transaction than the proxy is configured to send; gives what to tell the proxy. */
  override(wanted: ModeOverride): ModeOverride
}
