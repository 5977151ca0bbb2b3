import type { Clock } from '@pelton/core'
import { isFree, type Seat } from './seat.ts'
import { type Waiter, WaitingLine } from './waiting-line.ts'

/** Why nobody could be seated. */
export type Refusal = 'timeout' | 'left' | 'stopped' | 'full'

/** How an event waits. */
export interface WaitOptions {
  /** Milliseconds; 0 does not wait. */
  waitMs: number
  key?: string | undefined
  signal?: AbortSignal | undefined
  /** Bytes that the event keeps in memory meanwhile. */
  bytes: number
}

/** Most events that wait in one allocator. */
export const maxWaiting = 16_384
/** Most bytes of bodies that wait in one allocator. */
const maxWaitingBytes = 256 * 1024 * 1024

interface Request {
  seat(seat: Seat): void
  refuse(why: Refusal): void
  bytes: number
}

/** Which place the events of a key belong to: FNV-1a, the same in every run. */
export function placeOfKey(key: string, places: number): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  return (hash >>> 0) % places
}

/** Gives events to workers: the least loaded first, waiting in order when all are taken. */
export class Allocator {
  readonly places: number
  readonly #clock: Clock
  readonly #seats: Seat[] = []
  readonly #anyone = new WaitingLine<Request>()
  readonly #byPlace = new Map<number, WaitingLine<Request>>()
  #turn = 0
  #order = 0
  #waiting = 0
  #waitingBytes = 0
  #stopped = false

  constructor(places: number, clock: Clock) {
    this.places = places
    this.#clock = clock
  }

  /** Events that wait for a worker. */
  get waiting(): number {
    return this.#waiting
  }

  /** Events that workers hold. */
  get inFlight(): number {
    return this.#seats.reduce((sum, seat) => sum + seat.taken, 0)
  }

  /** Share of the capacity that is free, 0 to 100. */
  get freePercentage(): number {
    let free = 0
    let all = 0
    for (const seat of this.#seats) {
      all += seat.capacity
      if (!seat.retired) free += seat.capacity - seat.taken
    }
    return all === 0 ? 0 : Math.floor((free * 100) / all)
  }

  /** Puts a worker to use; those who wait are seated at once. */
  add(seat: Seat): void {
    this.#seats.push(seat)
    this.#seatWaiting(seat)
  }

  /** Takes a worker out; what it holds is not touched. */
  remove(seat: Seat): void {
    const at = this.#seats.indexOf(seat)
    if (at >= 0) this.#seats.splice(at, 1)
  }

  /** A place in a free worker now, or undefined. Whoever waits already goes first. */
  take(key?: string): Seat | undefined {
    if (this.#stopped || this.#waiting > 0) return undefined
    const seat = key === undefined ? this.#leastLoaded() : this.#seatOfKey(key)
    if (seat) seat.taken++
    return seat
  }

  /** Waits for a place. Exactly one of the two callbacks is called, `refused` perhaps at once. */
  wait(options: WaitOptions, seated: (seat: Seat) => void, refused: (why: Refusal) => void): void {
    const { waitMs, key, signal, bytes } = options
    if (this.#stopped) return refused('stopped')
    if (waitMs <= 0) return refused('timeout')
    if (signal?.aborted) return refused('left')
    if (this.#waiting >= maxWaiting || this.#waitingBytes + bytes > maxWaitingBytes) return refused('full')
    const line = key === undefined ? this.#anyone : this.#lineOf(placeOfKey(key, this.places))
    const settle = (): void => {
      timer.cancel()
      signal?.removeEventListener('abort', leave)
    }
    const waiter = line.join(
      {
        bytes,
        seat: (seat) => {
          settle()
          seated(seat)
        },
        refuse: (why) => {
          settle()
          refused(why)
        },
      },
      this.#order++,
    )
    this.#waiting++
    this.#waitingBytes += bytes
    const leave = (): void => this.#dismiss(waiter, 'left')
    const timer = this.#clock.after(waitMs, () => this.#dismiss(waiter, 'timeout'))
    signal?.addEventListener('abort', leave)
    // Its place may be free although others wait: keyed events wait for one place only.
    for (const seat of this.#seats) this.#seatWaiting(seat)
  }

  /** Gives a place back; the next in line gets it. */
  release(seat: Seat): void {
    seat.taken--
    if (this.#waiting > 0) this.#seatWaiting(seat)
  }

  /** Refuses whoever waits and whoever comes. */
  stop(): void {
    this.#stopped = true
    for (const line of [this.#anyone, ...this.#byPlace.values()]) {
      while (line.first) this.#dismiss(line.first, 'stopped')
    }
  }

  #leastLoaded(): Seat | undefined {
    const seats = this.#seats
    let best: Seat | undefined
    for (let i = 0; i < seats.length; i++) {
      const seat = seats[(this.#turn + i) % seats.length]
      if (seat && isFree(seat) && (!best || seat.taken < best.taken)) best = seat
    }
    this.#turn = seats.length > 1 ? (this.#turn + 1) % seats.length : 0
    return best
  }

  #seatOfKey(key: string): Seat | undefined {
    const place = placeOfKey(key, this.places)
    return this.#seats.find((seat) => seat.index === place && isFree(seat))
  }

  #lineOf(place: number): WaitingLine<Request> {
    const known = this.#byPlace.get(place)
    if (known) return known
    const line = new WaitingLine<Request>()
    this.#byPlace.set(place, line)
    return line
  }

  #seatWaiting(seat: Seat): void {
    while (isFree(seat)) {
      const waiter = earlier(this.#anyone.first, this.#byPlace.get(seat.index)?.first)
      if (!waiter) return
      this.#remove(waiter)
      seat.taken++
      waiter.value.seat(seat)
    }
  }

  #dismiss(waiter: Waiter<Request>, why: Refusal): void {
    if (this.#remove(waiter)) waiter.value.refuse(why)
  }

  #remove(waiter: Waiter<Request>): boolean {
    if (!waiter.line?.leave(waiter)) return false
    this.#waiting--
    this.#waitingBytes -= waiter.value.bytes
    return true
  }
}

function earlier<T>(a: Waiter<T> | undefined, b: Waiter<T> | undefined): Waiter<T> | undefined {
  if (!a || !b) return a ?? b
  return a.order < b.order ? a : b
}
