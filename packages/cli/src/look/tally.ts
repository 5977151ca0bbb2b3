import type { Reception } from './observer.ts'
import { Spread } from './spread.ts'

/** What came in a second or so. */
export interface Interval {
  /** Since the source plays. */
  elapsedMs: number
  /** Pictures, or packets of sound. */
  units: number
  unitsPerSecond: number
  bitsPerSecond: number
  /** Of a unit, on average; undefined without one. */
  unitBytes: number | undefined
  /** The last distance of two key pictures. */
  keyInterval: { ms: number; units: number } | undefined
  /** Since the last unit; undefined before the first. */
  ageMs: number | undefined
}

/** What came in all. */
export interface Total {
  elapsedMs: number
  /** From the start of the command to the first unit; undefined without one. */
  firstMs: number | undefined
  units: number
  unitsPerSecond: number
  bytes: number
  bitsPerSecond: number
  dropped: number
  unitBytes: Spread
  keys: number
  keyMs: Spread
  keyUnits: Spread
  reception: Reception | undefined
  mostJitterMs: number
}

/** Counts what comes. Time is the caller's, in milliseconds of one clock that only grows. */
export class Tally {
  readonly #startedAt: number
  #beganAt: number | undefined
  #bytes = 0
  #dropped = 0
  readonly #unitBytes = new Spread()
  #firstAt: number | undefined
  #lastAt: number | undefined
  #keys = 0
  #keyAt: number | undefined
  #unitsSinceKey = 0
  readonly #keyMs = new Spread()
  readonly #keyUnits = new Spread()
  #keyInterval: Interval['keyInterval']
  #mostJitterMs = 0
  #interval = { beganAt: 0, lastBefore: undefined as number | undefined, units: 0, bytes: 0, unitBytes: 0 }

  /** `startedAt` is when the command began. */
  constructor(startedAt: number) {
    this.#startedAt = startedAt
  }

  /** The source plays; what counts is the first time. */
  begin(now: number): void {
    if (this.#beganAt !== undefined) return
    this.#beganAt = now
    this.#interval.beganAt = now
  }

  addBytes(bytes: number): void {
    this.#bytes += bytes
    this.#interval.bytes += bytes
  }

  addDropped(units: number): void {
    this.#dropped += units
  }

  /** Takes a unit that has come whole. */
  addUnit(bytes: number, isKey: boolean, now: number): void {
    this.#unitBytes.add(bytes)
    this.#interval.units += 1
    this.#interval.unitBytes += bytes
    this.#firstAt ??= now
    this.#lastAt = now
    if (isKey) this.#addKey(now)
    this.#unitsSinceKey += 1
  }

  get units(): number {
    return this.#unitBytes.count
  }

  /** What came since the last call, or since the source plays; the next interval begins. */
  interval(now: number, reception: Reception | undefined): Interval {
    const { beganAt, lastBefore, units, bytes, unitBytes } = this.#interval
    this.#mostJitterMs = Math.max(this.#mostJitterMs, reception?.jitterMs ?? 0)
    this.#interval = { beganAt: now, lastBefore: this.#lastAt, units: 0, bytes: 0, unitBytes: 0 }
    return {
      elapsedMs: this.#elapsed(now),
      units,
      // From unit to unit: their number in a span of time would be one more or less by chance.
      unitsPerSecond:
        lastBefore === undefined
          ? perSecond(units - 1, this.#firstAt, this.#lastAt)
          : perSecond(units, lastBefore, this.#lastAt),
      bitsPerSecond: perSecond(8 * bytes, beganAt, now),
      unitBytes: units === 0 ? undefined : unitBytes / units,
      keyInterval: this.#keyInterval,
      ageMs: this.#lastAt === undefined ? undefined : now - this.#lastAt,
    }
  }

  total(now: number, reception: Reception | undefined): Total {
    return {
      elapsedMs: this.#elapsed(now),
      firstMs: this.#firstAt === undefined ? undefined : this.#firstAt - this.#startedAt,
      units: this.units,
      unitsPerSecond: perSecond(this.units - 1, this.#firstAt, this.#lastAt),
      bytes: this.#bytes,
      bitsPerSecond: perSecond(8 * this.#bytes, this.#beganAt, now),
      dropped: this.#dropped,
      unitBytes: this.#unitBytes,
      keys: this.#keys,
      keyMs: this.#keyMs,
      keyUnits: this.#keyUnits,
      reception,
      mostJitterMs: Math.max(this.#mostJitterMs, reception?.jitterMs ?? 0),
    }
  }

  #addKey(now: number): void {
    this.#keys += 1
    if (this.#keyAt !== undefined) {
      this.#keyInterval = { ms: now - this.#keyAt, units: this.#unitsSinceKey }
      this.#keyMs.add(this.#keyInterval.ms)
      this.#keyUnits.add(this.#keyInterval.units)
    }
    this.#keyAt = now
    this.#unitsSinceKey = 0
  }

  #elapsed(now: number): number {
    return this.#beganAt === undefined ? 0 : now - this.#beganAt
  }
}

/** 0 where no time has passed. */
function perSecond(count: number, from: number | undefined, to: number | undefined): number {
  if (from === undefined || to === undefined || to <= from || count <= 0) return 0
  return (1_000 * count) / (to - from)
}
