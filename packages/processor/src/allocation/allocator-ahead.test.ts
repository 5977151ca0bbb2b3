import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Task } from '@pelton/core'
import { FakeClock } from '@pelton/testkit'
import fc from 'fast-check'
import { AheadQueue } from './ahead-queue.ts'
import { Allocator, placeOfKey } from './allocator.ts'
import { type Seat, isFree } from './seat.ts'

interface Customer {
  order: number
  key: string | undefined
  task: Task
}

/** What the allocator is used for, played: customers come, are held by seats, end, and come back when recalled. */
class Play {
  readonly clock = new FakeClock()
  readonly allocator: Allocator
  readonly seats: Seat[]
  readonly held = new Map<Seat, Customer[]>()
  readonly line = new Set<Customer>()
  came = 0
  ended = 0
  recalls = 0

  constructor(places: number, capacity: number, limit: number) {
    this.allocator = new Allocator(places, this.clock)
    this.seats = Array.from({ length: places }, (_, index) => createSeat(index, capacity, this.#quickQueue(limit)))
    for (const seat of this.seats) {
      this.held.set(seat, [])
      this.allocator.add(seat)
    }
  }

  come(key: string | undefined): void {
    this.came++
    const task: Task = { outcome: new Promise(() => undefined), begunAt: () => undefined }
    const customer: Customer = { order: this.allocator.nextOrder(), key, task }
    task.recall = () => this.#comeBack(customer)
    const seat = this.allocator.take(key, true)
    if (seat) this.#sit(customer, seat)
    else this.#wait(customer)
  }

  end(seat: Seat | undefined): void {
    const customer = seat && this.held.get(seat)?.shift()
    if (!seat || !customer) return
    this.ended++
    seat.ahead?.end(customer.task, this.clock.now())
    this.allocator.release(seat)
  }

  check(): void {
    for (const seat of this.seats) {
      assert.ok(seat.taken <= seat.capacity + (seat.ahead?.limit ?? 0))
      assert.equal(seat.taken, this.held.get(seat)?.length)
      if (isFree(seat)) assert.deepEqual(this.#waitingFor(seat), [])
    }
    assert.equal(this.allocator.waiting, this.line.size)
  }

  /** Nothing ends for so long that whatever waits in the seats is recalled; then they show that they are quick again. */
  async stall(): Promise<void> {
    await this.clock.advance(16)
    for (const { ahead } of this.seats) if (ahead) this.#showQuick(ahead)
  }

  #quickQueue(limit: number): AheadQueue {
    const queue = new AheadQueue(limit, this.clock)
    this.#showQuick(queue)
    return queue
  }

  #showQuick(queue: AheadQueue): void {
    for (let i = 0; i < 30; i++) {
      queue.begin(this.clock.now())
      queue.end({} as Task, this.clock.now())
    }
  }

  #sit(customer: Customer, seat: Seat): void {
    this.held.get(seat)?.push(customer)
    const now = this.clock.now()
    if (seat.taken > seat.capacity) {
      seat.ahead?.add({ task: customer.task, until: Infinity, signal: undefined, since: now })
    } else if (seat.taken === 1) seat.ahead?.begin(now)
  }

  #wait(customer: Customer): void {
    const { order, key } = customer
    this.line.add(customer)
    const seated = (seat: Seat): void => {
      this.line.delete(customer)
      assert.ok(
        this.#waitingFor(seat).every((other) => other.order > order),
        'somebody in line was overtaken',
      )
      this.#sit(customer, seat)
    }
    const refused = (why: string): never => assert.fail(`refused: ${why}`)
    this.allocator.wait({ waitMs: 1e9, key, bytes: 0, order, mayGoAhead: true }, seated, refused)
  }

  #comeBack(customer: Customer): void {
    this.recalls++
    const seat = this.seats.find((each) => this.held.get(each)?.includes(customer))
    const list = seat && this.held.get(seat)
    assert.ok(seat && list)
    list.splice(list.indexOf(customer), 1)
    this.#wait(customer)
    this.allocator.release(seat)
  }

  #waitingFor(seat: Seat): Customer[] {
    const isFor = ({ key }: Customer): boolean => key === undefined || placeOfKey(key, this.seats.length) === seat.index
    return [...this.line].filter(isFor)
  }
}

function createSeat(index: number, capacity: number, ahead: AheadQueue): Seat {
  const worker = { handle: () => assert.fail('not called'), ping: () => Promise.resolve(true) }
  const replace = (): void => undefined
  return { index, capacity, ahead, taken: 0, timedOut: 0, retired: false, worker, replace }
}

const step = fc.oneof(
  { weight: 4, arbitrary: fc.constant('come' as const) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 4 }).map((key) => `key ${key}`) },
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 2 }) },
  { weight: 1, arbitrary: fc.constant('stall' as const) },
)

describe('allocator with seats that take events ahead', () => {
  it('loses nobody, never gives out more than a seat takes, and keeps the order of the line', async () => {
    let recalls = 0
    const shape = fc.record({
      places: fc.integer({ min: 1, max: 3 }),
      capacity: fc.integer({ min: 1, max: 2 }),
      limit: fc.integer({ min: 1, max: 3 }),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 20, maxLength: 150, size: 'max' }),
        shape,
        async (steps, { places, capacity, limit }) => {
          const play = new Play(places, capacity, limit)
          for (const what of steps) {
            if (typeof what === 'number') play.end(play.seats[what])
            else if (what === 'stall') await play.stall()
            else play.come(what === 'come' ? undefined : what)
            play.check()
          }
          while (play.seats.some((seat) => seat.taken > 0)) for (const seat of play.seats) play.end(seat)
          assert.equal(play.ended, play.came)
          assert.equal(play.allocator.waiting, 0)
          recalls += play.recalls
        },
      ),
      { numRuns: 200 },
    )
    assert.ok(recalls > 100, 'the runs were to recall something')
  })

  it('sends nobody ahead to a seat that is not quick', async () => {
    const play = new Play(1, 1, 3)
    play.come(undefined)
    await play.clock.advance(50)
    play.come(undefined)
    assert.equal(play.line.size, 1)
    play.end(play.seats[0])
    assert.equal(play.line.size, 0)
  })
})
