import type { EventData, FieldMap, HeaderMap } from '@pelton/sdk'
import { frameFlag, type InFrame } from './frame.ts'
import { readJson, type WireJson, writeJson } from './wire-json.ts'

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
  /** False when absent. */
  keepsHeaders?: true
  /** False when absent. */
  keepsBody?: true
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
  const { headers } = event
  const isShared = Object.isFrozen(headers)
  const meta: EventMeta = {
    id: event.id,
    timestamp: event.timestamp.getTime(),
    method: event.method,
    path: event.path,
    contentType: event.contentType,
  }
  if (!isShared) meta.headers = headers
  if (event.keepsHeaders) meta.keepsHeaders = true
  if (event.keepsBody) meta.keepsBody = true
  if (event.url !== event.path) meta.url = event.url
  if (event.attempt !== 1) meta.attempt = event.attempt
  if (event.shardId !== -1) meta.shardId = event.shardId
  if (event.offset !== 0) meta.offset = event.offset
  if (event.topic !== '') meta.topic = event.topic
  if (event.trigger.name !== trigger.name || event.trigger.kind !== trigger.kind) meta.trigger = event.trigger
  if (hasKeys(event.fields)) meta.fields = event.fields
  let text = JSON.stringify(meta)
  if (isShared) text = withMember(text, 'headers', writeOnce(headers).text)
  if (event.extra === undefined) return { text, flags: 0 }
  const extra = writeOnce(event.extra)
  const flags = frameFlag.extra | (extra.hasBytes ? frameFlag.bytesInMeta : 0)
  return { text: withMember(text, 'extra', extra.text), flags }
}

/** An object's JSON with one member more. */
function withMember(json: string, name: string, value: string): string {
  return `${json.slice(0, -1)},"${name}":${value}}`
}

const written = new WeakMap<object, WireJson>()

/** The JSON of an object; that of a frozen one, which many events share, is kept as long as it. */
function writeOnce(value: object): WireJson {
  const known = written.get(value)
  if (known) return known
  const json = writeJson(value)
  if (Object.isFrozen(value)) written.set(value, json)
  return json
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

  get keepsHeaders(): boolean {
    return this.#read().keepsHeaders === true
  }

  get keepsBody(): boolean {
    return this.#read().keepsBody === true
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
