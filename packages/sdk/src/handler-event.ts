import { handlerBytes, printableText, textOfBytes } from './bytes.ts'
import type { CompatMode } from './compat.ts'
import { canonicalHeaders, findHeader } from './event-headers.ts'
import type { Bytes, Event, EventData, FieldMap, HeaderMap } from './event.ts'

/** What an event takes from where it is handled. */
export interface EventOptions {
  compat: CompatMode
  /** Called at most once, when the handler first reads `event.signal`. */
  signal: () => AbortSignal
  /** Names that `extra` may have, the same list for every event of a worker: then it is not read before one is asked for. */
  members?: readonly string[] | undefined
}

/** Gives a handler its view of `data`. Nothing of `data`, but `extra` without `members`, is read before the handler asks for it. */
export function createEvent(data: EventData, options: EventOptions): Event {
  const { members } = options
  return members && members.length > 0 ? new (classWith(members))(data, options) : new HandlerEvent(data, options)
}

class HandlerEvent implements Event {
  readonly #data: EventData
  readonly #options: EventOptions
  #body: Bytes | undefined
  #headers: HeaderMap | undefined
  #signal: AbortSignal | undefined

  constructor(data: EventData, options: EventOptions) {
    this.#data = data
    this.#options = options
    if (options.members === undefined && data.extra !== undefined) liftExtra(this, data.extra)
  }

  get id(): string {
    return this.#data.id
  }
  get attempt(): number {
    return this.#data.attempt
  }
  get trigger(): { readonly kind: string; readonly name: string } {
    return this.#data.trigger
  }
  get timestamp(): Date {
    return this.#data.timestamp
  }
  get method(): string {
    return this.#data.method
  }
  get path(): string {
    return this.#data.path
  }
  get url(): string {
    return this.#data.url
  }
  get contentType(): string {
    return this.#data.contentType
  }
  get content_type(): string {
    return this.#data.contentType
  }
  get headers(): HeaderMap {
    return (this.#headers ??= this.#readHeaders())
  }
  get fields(): FieldMap {
    return this.#data.fields
  }
  get body(): Bytes {
    this.#body ??= handlerBytes(this.#data.body)
    return this.#body
  }
  get size(): number {
    return this.#data.body.byteLength
  }
  get shardId(): number {
    return this.#data.shardId
  }
  get shard_id(): number {
    return this.#data.shardId
  }
  get num_shards(): number {
    return numberOf(this.#data.extra?.num_shards)
  }
  get offset(): number {
    return this.#data.offset
  }
  get topic(): string {
    return this.#data.topic
  }
  get extra(): Readonly<Record<string, unknown>> {
    return this.#data.extra ?? {}
  }
  get signal(): AbortSignal {
    this.#signal ??= this.#options.signal()
    return this.#signal
  }

  get type(): string {
    return textOf(this.#data.extra?.type)
  }
  get type_version(): string {
    return textOf(this.#data.extra?.type_version)
  }
  get version(): string {
    return textOf(this.#data.extra?.version)
  }
  // The three below are absent from most events; `undefined` is what absence reads as.
  get source(): string {
    return this.#data.extra?.source as string
  }
  get subject(): string {
    return this.#data.extra?.subject as string
  }
  get extensions(): Readonly<Record<string, unknown>> {
    return this.#data.extra?.extensions as Record<string, unknown>
  }

  #readHeaders(): HeaderMap {
    const isCanonical = this.#options.compat !== 'none' && this.#data.keepsHeaders !== true
    return isCanonical ? canonicalHeaders(this.#data.headers) : ownHeaders(this.#data)
  }

  text(): string {
    return textOfBytes(this.#data.body)
  }
  json<T = unknown>(): T {
    const text = this.text()
    return (text === '' ? undefined : JSON.parse(text)) as T
  }
  header(name: string): string | undefined {
    return findHeader(this.#data.headers, name)
  }
  field(name: string): string | number | boolean | undefined {
    const fields = this.#data.fields
    return Object.hasOwn(fields, name) ? fields[name] : undefined
  }

  /** A plain object that says what the event is: text bodies as text, others as base64. */
  toJSON(): Record<string, unknown> {
    return plainEvent(this, this.#options.compat, this.#data.extra)
  }
  [Symbol.for('nodejs.util.inspect.custom')](): Record<string, unknown> {
    return plainEvent(this, this.#options.compat, this.#data.extra)
  }
}

function plainEvent(event: Event, compat: CompatMode, extra: EventData['extra']): Record<string, unknown> {
  const { id, attempt, trigger, timestamp, method, path, url, contentType, headers, fields, body, size } = event
  const { shardId, offset, topic } = event
  const plain = { id, attempt, trigger, timestamp, method, path, url, contentType, headers, fields }
  const content = ArrayBuffer.isView(body) ? (printableText(body) ?? { base64: base64Of(body) }) : body
  const place = { size, shardId, offset, topic }
  return { ...plain, body: content, ...place, ...(compat === 'none' ? {} : nuclioNames(event)), ...extra }
}

function nuclioNames(event: Event): Record<string, unknown> {
  const { content_type, shard_id, num_shards, type, type_version, version } = event
  return { content_type, shard_id, num_shards, type, type_version, version }
}

function base64Of(bytes: Bytes): string {
  return typeof Buffer === 'function'
    ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
    : `${bytes.byteLength} bytes`
}

function liftExtra(event: HandlerEvent, extra: Readonly<Record<string, unknown>>): void {
  const members = event as unknown as Record<string, unknown>
  // An assignment is many times faster than a definition, and the same where the prototype has no such member.
  for (const name of Object.keys(extra)) if (!(name in HandlerEvent.prototype)) members[name] = extra[name]
}

/** Headers that several events share are frozen, and each handler may change its own. */
function ownHeaders({ headers }: EventData): HeaderMap {
  return Object.isFrozen(headers) ? { ...headers } : headers
}

const classes = new WeakMap<readonly string[], typeof HandlerEvent>()

/** Events with these members of `extra`. */
function classWith(members: readonly string[]): typeof HandlerEvent {
  const known = classes.get(members)
  if (known) return known
  class MemberEvent extends HandlerEvent {}
  for (const name of members) {
    if (name in HandlerEvent.prototype) continue
    const get = function (this: HandlerEvent): unknown {
      return this.extra[name]
    }
    Object.defineProperty(MemberEvent.prototype, name, assignable({ get, enumerable: true, configurable: true }, name))
  }
  classes.set(members, MemberEvent)
  return MemberEvent
}

/** A member that is assigned becomes the event's own. */
function assignable(member: PropertyDescriptor, name: string): PropertyDescriptor {
  return {
    ...member,
    set(value: unknown) {
      Object.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true })
    },
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

// nuclio's event is a plain object, so handlers assign to it: `event.body = JSON.parse(event.body)`.
for (const [name, member] of Object.entries(Object.getOwnPropertyDescriptors(HandlerEvent.prototype))) {
  if (member.get === undefined) continue
  Object.defineProperty(HandlerEvent.prototype, name, assignable(member, name))
}
