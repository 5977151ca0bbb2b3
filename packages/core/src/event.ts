import type { Response } from '@pelton/sdk'
import type { PeltonError } from './pelton-error.ts'

export type { Bytes, EventData, FieldMap, HeaderList, HeaderMap, Response } from '@pelton/sdk'

/** What became of an event. */
export type Outcome = Handled | Failed

/** The handler answered. */
export interface Handled {
  status: 'handled'
  response: Response
  /**
   * Settles when the body has been produced; the slot is held until then. Rejects when it broke off.
   * It never causes an unhandled rejection. A streamed body must be read to its end or left by `return()`.
   */
  finished: Promise<void>
}

/** There is no answer. */
export interface Failed {
  status: 'failed'
  error: PeltonError
}
