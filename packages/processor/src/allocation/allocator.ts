import type { Clock } from '@pelton/core'
import { isFree, type Seat, takesAhead } from './seat.ts'
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
  /** Its place among those who wait, from `nextOrder`. Default: the last. */
  order?: number | undefined
  /** Whether it may be sent ahead to a busy worker. Default: no. */
  mayGoAhead?: boolean | undefined
}

/** Most events that wait in one allocator. */
export const maxWaiting = 16_384
/** Most bytes of bodies that wait in one allocator. */
export const maxWaitingBytes = 256 * 1024 * 1024

interface Request {
  seat(seat: Seat): void
  refuse(why: Refusal): void
  bytes: number
  mayGoAhead: boolean
}

/** Which place the events of a key belong to: FNV-1a, the same in every run. */
export function placeOfKey(key: string, places: number): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  return (hash >>> 0) % places
}

/**
 * Gives events to workers: the least loaded first, waiting in order when all are taken. A busy worker that is quick gets
 * events ahead, when no other is free and nobody is overtaken by it.
 */
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

  /** Events, or batches of them, that workers hold. */
  get inFlight(): number {
    return this.#seats.reduce((sum, seat) => sum + seat.taken, 0)
  }

  /** Share of the capacity that is free, 0 to 100. */
  get freePercentage(): number {
    let free = 0
    let all = 0
    for (const seat of this.#seats) {
      all += seat.capacity
      if (!seat.retired) free += Math.max(0, seat.capacity - seat.taken)
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

  /** The next number in the order of those who come. */
  nextOrder(): number {
    return ++this.#order
  }

  /**
   * A place in a free worker now, else with `mayGoAhead` one in a quick worker that is busy, else undefined. Whoever
   * waits already goes first.
   */
  take(key?: string, mayGoAhead = false): Seat | undefined {
    if (this.#stopped || this.#waiting > 0) return undefined
    let seat = key === undefined ? this.#leastLoaded(isFree, 0) : this.#seatOfKey(key, isFree, 0)
    if (!seat && mayGoAhead) {
      const now = this.#clock.now()
      seat = key === undefined ? this.#leastLoaded(takesAhead, now) : this.#seatOfKey(key, takesAhead, now)
    }
    if (seat) seat.taken++
    return seat
  }

  /** Waits for a place. Exactly one of the two callbacks is called, `refused` perhaps at once. */
  wait(options: WaitOptions, seated: (seat: Seat) => void, refused: (why: Refusal) => void): void {
    const { waitMs, key, signal, bytes, order = this.nextOrder(), mayGoAhead = false } = options
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
        mayGoAhead,
        seat: (seat) => {
          settle()
          seated(seat)
        },
        refuse: (why) => {
          settle()
          refused(why)
        },
      },
      order,
    )
    this.#waiting++
    this.#waitingBytes += bytes
    const leave = (): void => this.#dismiss(waiter, 'left')
    const timer = this.#clock.after(waitMs, () => this.#dismiss(waiter, 'timeout'))
    signal?.addEventListener('abort', leave)
    // Its place may be free although others wait: keyed events wait for one place only.
    for (const seat of this.#seats) this.#seatWaiting(seat)
    if (waiter.line && mayGoAhead) for (const seat of this.#seats) this.#sendAhead(seat)
  }

  /** Gives a place back; the next in line gets it. */
  release(seat: Seat): void {
    seat.taken--
    if (this.#waiting === 0) return
    this.#seatWaiting(seat)
    this.#sendAhead(seat)
  }

  /** Refuses whoever waits and whoever comes. */
  stop(): void {
    this.#stopped = true
    for (const line of [this.#anyone, ...this.#byPlace.values()]) {
      while (line.first) this.#dismiss(line.first, 'stopped')
    }
  }

  #leastLoaded(isOpen: (seat: Seat, now: number) => boolean, now: number): Seat | undefined {
    const seats = this.#seats
    let best: Seat | undefined
    for (let i = 0; i < seats.length; i++) {
      const seat = seats[(this.#turn + i) % seats.length]
      if (seat && isOpen(seat, now) && (!best || seat.taken < best.taken)) best = seat
    }
    this.#turn = seats.length > 1 ? (this.#turn + 1) % seats.length : 0
    return best
  }

  #seatOfKey(key: string, isOpen: (seat: Seat, now: number) => boolean, now: number): Seat | undefined {
    const place = placeOfKey(key, this.places)
    return this.#seats.find((seat) => seat.index === place && isOpen(seat, now))
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
      const waiter = this.#nextFor(seat)
      if (!waiter) return
      this.#give(seat, waiter)
    }
  }

  /**
   * Only when no worker that whoever waits could go to is free; several together, once half of what may wait there is gone, since each
   * writing to a process costs as much as an event.
   */
  #sendAhead(seat: Seat): void {
    if (!seat.ahead || seat.taken - seat.capacity > seat.ahead.limit / 2) return
    const now = this.#clock.now()
    while (!isFree(seat) && takesAhead(seat, now)) {
      const waiter = this.#nextFor(seat)
      if (!waiter?.value.mayGoAhead) return
      this.#give(seat, waiter)
    }
  }

  #nextFor(seat: Seat): Waiter<Request> | undefined {
    return earlier(this.#anyone.first, this.#byPlace.get(seat.index)?.first)
  }

  #give(seat: Seat, waiter: Waiter<Request>): void {
    this.#remove(waiter)
    seat.taken++
    waiter.value.seat(seat)
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
