import type { EventData, FieldMap, HeaderMap } from '@pelton/sdk'
import { frameFlag, type InFrame } from './frame.ts'
import { readJson, writeJson } from './wire-json.ts'

/** The meta of an event on the wire: `EventData` without the body. What is absent has the value that most events have. */
interface EventMeta {
  id: string
  /** 1 when absent. */
  attempt?: number
  /** The worker's own trigger when absent. */
  trigger?: { kind: string; name: string }
  /** Milliseconds since the epoch. */
  timestamp: number
  method?: string
  path?: string
  /** The path when absent. */
  url?: string
  contentType?: string
  headers?: HeaderMap
  fields?: FieldMap
  /** -1 when absent. */
  shardId?: number
  offset?: number
  topic?: string
  extra?: Record<string, unknown>
}

type Trigger = EventData['trigger']

/** Writes an event's meta; `extra` may hold bytes. Throws `TypeError` when something in it is no JSON. */
export function writeEventMeta(event: EventData, trigger: Trigger): { text: string; flags: number } {
  const meta: EventMeta = {
    id: event.id,
    timestamp: event.timestamp.getTime(),
    method: event.method,
    path: event.path,
    contentType: event.contentType,
    headers: event.headers,
  }
  if (event.url !== event.path) meta.url = event.url
  if (event.attempt !== 1) meta.attempt = event.attempt
  if (event.shardId !== -1) meta.shardId = event.shardId
  if (event.offset !== 0) meta.offset = event.offset
  if (event.topic !== '') meta.topic = event.topic
  if (event.trigger.name !== trigger.name || event.trigger.kind !== trigger.kind) meta.trigger = event.trigger
  if (hasKeys(event.fields)) meta.fields = event.fields
  if (event.extra === undefined) return { text: JSON.stringify(meta), flags: 0 }
  const { text, hasBytes } = writeJson({ ...meta, extra: event.extra })
  return { text, flags: frameFlag.extra | (hasBytes ? frameFlag.bytesInMeta : 0) }
}

function hasKeys(value: object): boolean {
  for (const _ in value) return true
  return false
}

/** An event that arrived: its meta is parsed when a member other than the body is first asked for. */
export class WireEvent implements EventData {
  readonly body: Buffer
  readonly #frame: InFrame
  readonly #trigger: Trigger
  #meta: Partial<EventMeta> | undefined
  #timestamp: Date | undefined

  constructor(frame: InFrame, trigger: Trigger) {
    this.#frame = frame
    this.#trigger = trigger
    this.body = frame.body()
  }

  #read(): Partial<EventMeta> {
    return (this.#meta ??= readJson(this.#frame.meta(), this.#frame.has(frameFlag.bytesInMeta)) as Partial<EventMeta>)
  }

  get id(): string {
    return this.#read().id ?? ''
  }

  get attempt(): number {
    return this.#read().attempt ?? 1
  }

  get trigger(): Trigger {
    return this.#read().trigger ?? this.#trigger
  }

  get timestamp(): Date {
    return (this.#timestamp ??= new Date(this.#read().timestamp ?? 0))
  }

  get method(): string {
    return this.#read().method ?? ''
  }

  get path(): string {
    return this.#read().path ?? ''
  }

  get url(): string {
    const meta = this.#read()
    return meta.url ?? meta.path ?? ''
  }

  get contentType(): string {
    return this.#read().contentType ?? ''
  }

  get headers(): HeaderMap {
    return (this.#read().headers ??= {})
  }

  get fields(): FieldMap {
    return (this.#read().fields ??= {})
  }

  get shardId(): number {
    return this.#read().shardId ?? -1
  }

  get offset(): number {
    return this.#read().offset ?? 0
  }

  get topic(): string {
    return this.#read().topic ?? ''
  }

  get extra(): Record<string, unknown> {
    // The contract has no `undefined` for an optional member, and a getter cannot be absent.
    return (this.#frame.has(frameFlag.extra) ? this.#read().extra : undefined) as Record<string, unknown>
  }
}
