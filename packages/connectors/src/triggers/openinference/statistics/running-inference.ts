import type { EventTimes } from '@pelton/core'

/** A request for inference that is under way; the processor says when a worker is given it. */
export class RunningInference implements EventTimes {
  sentAt: number | undefined = undefined
  /** In milliseconds of the clock. */
  readonly begunAt: number
  /** Of its batch: as many inferences it counts for. */
  readonly rows: number

  constructor(begunAt: number, rows: number) {
    this.begunAt = begunAt
    this.rows = rows
  }
}
