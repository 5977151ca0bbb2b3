import { type Clock, type LogRecord, type Timer, type WriteLog, isLogged } from '@pelton/core'

/** What tells of a failed event, and what tells how often that happened again. */
const repeats: ReadonlyMap<string, string> = new Map([
  ['handler_failed', 'handler_failed_again'],
  ['result_unreadable', 'result_unreadable_again'],
  ['event_failed', 'event_failed_again'],
])
/** So many failures alike within so long are each logged; then they are counted, and told once a minute. */
const mostAlike = 10
const burstMs = 10_000
const everyMs = 60_000
/** Failures that are told apart; those of any other kind are each logged. */
const mostKinds = 100
const mostReason = 500

/** Failures of a trigger with the same words. */
interface Kind {
  record: LogRecord
  reason: string
  since: number
  logged: number
  heldBack: number
  /** While it is set they are only counted. */
  quiet: Timer | undefined
}

/** Passes the log of workers and triggers on, but events that fail all the time flood it no more. */
export class FailureLog {
  readonly #write: WriteLog
  readonly #clock: Clock
  readonly #kinds = new Map<string, Kind>()
  #isClosed = false

  constructor(write: WriteLog, clock: Clock) {
    this.#write = write
    this.#clock = clock
  }

  readonly take = (record: LogRecord): void => {
    const isRepeated = isLogged(record.level, 'warn') && repeats.has(record.message)
    if (this.#isClosed || !isRepeated) return this.#write(record)
    const kind = this.#kindOf(record)
    if (kind?.quiet) kind.heldBack += 1
    else this.#write(record)
    if (!kind || kind.quiet) return
    kind.logged += 1
    if (kind.logged >= mostAlike) kind.quiet = this.#clock.after(everyMs, () => this.#tell(kind))
  }

  /** Logs what is not told yet; what still comes is passed on. */
  close(): void {
    this.#isClosed = true
    for (const kind of this.#kinds.values()) {
      kind.quiet?.cancel()
      this.#writeCount(kind)
    }
    this.#kinds.clear()
  }

  /** Undefined where too many are told apart. */
  #kindOf(record: LogRecord): Kind | undefined {
    const reason = reasonOf(record.facts)
    const key = `${record.message} ${record.trigger} ${reason}`
    const now = this.#clock.now()
    const known = this.#kinds.get(key)
    if (known && (known.quiet || now - known.since < burstMs)) return known
    this.#kinds.delete(key)
    if (this.#kinds.size >= mostKinds && !this.#forgetOldest()) return undefined
    const kind = { record, reason, since: now, logged: 0, heldBack: 0, quiet: undefined }
    this.#kinds.set(key, kind)
    return kind
  }

  #forgetOldest(): boolean {
    for (const [key, { quiet }] of this.#kinds) if (!quiet) return this.#kinds.delete(key)
    return false
  }

  #tell(kind: Kind): void {
    kind.quiet = undefined
    // The next one is news again, unless they still come.
    kind.since = -Infinity
    if (kind.heldBack > 0) kind.quiet = this.#clock.after(everyMs, () => this.#tell(kind))
    this.#writeCount(kind)
  }

  #writeCount(kind: Kind): void {
    const { record, reason, heldBack: count } = kind
    const message = repeats.get(record.message)
    if (count === 0 || message === undefined) return
    kind.heldBack = 0
    const of = record.trigger === undefined ? {} : { trigger: record.trigger }
    this.#write({ time: this.#clock.wall(), level: record.level, message, ...of, facts: { count, reason } })
  }
}

/** What went wrong, without its stack. */
function reasonOf({ error, reason }: Record<string, unknown> = {}): string {
  if (typeof error !== 'object' || error === null) return String(error ?? reason).slice(0, mostReason)
  const { name, code, message } = error as Record<string, unknown>
  return `${String(code ?? name)}: ${String(message)}`.slice(0, mostReason)
}
