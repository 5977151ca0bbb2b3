import type { Connection } from './connection.ts'
import { Conversation, type ConversationPlan } from './conversation.ts'
import type { Gathered } from './gathered.ts'

/** Where events come from: one connection, or with `shared` all of them together. */
export class Source {
  /** Its events go to one worker. */
  readonly key: string
  /** Who has sent last. */
  connection: Connection
  readonly conversation: Conversation
  /** What has come since the last tick; undefined where each message is an event. */
  readonly gathered: Gathered | undefined
  /** Ticks without an event, as too many were waiting. */
  skippedTicks = 0

  constructor(key: string, connection: Connection, plan: ConversationPlan, gathered: Gathered | undefined) {
    this.key = key
    this.connection = connection
    this.conversation = new Conversation(plan)
    this.gathered = gathered
  }
}
