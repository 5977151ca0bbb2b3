/** Whose fault an error is: the user's configuration or handler, a peer's, or ours. */
export type Blame = 'user' | 'upstream' | 'bug'

/** One row of a package's error table. `P` is what the message needs to name the place. */
export interface ErrorRow<P> {
  message: (facts: P) => string
  blame: Blame
  /** Whether the same attempt may succeed later. */
  retryable: boolean
  /** How to mend it, in one sentence. */
  help: string
  /** The HTTP status that answers an event which failed so; 500 when absent. */
  status?: number
}

/** Every error that Pelton throws or returns. Only `bug`s deserve a stack on the screen. */
export class PeltonError extends Error {
  override readonly name = 'PeltonError'
  readonly code: string
  readonly blame: Blame
  readonly retryable: boolean
  readonly help: string
  readonly status: number

  constructor(code: string, message: string, row: Omit<ErrorRow<never>, 'message'>, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.blame = row.blame
    this.retryable = row.retryable
    this.help = row.help
    this.status = row.status ?? 500
  }
}

/** Whether a caught value is Pelton's own error; its stack says nothing to a user. */
export function isPeltonError(value: unknown): value is PeltonError {
  return value instanceof PeltonError
}

type Rows = Record<string, ErrorRow<never>>
type Facts<R> = R extends ErrorRow<infer P> ? P : never
type Factory<P> = ((facts: P, cause?: unknown) => PeltonError) & { readonly code: string; readonly row: ErrorRow<P> }

/** An error table's factories by code. */
export type ErrorTable<R extends Rows> = { readonly [Code in keyof R]: Factory<Facts<R[Code]>> }

/** Types one row, so that its message's facts are known to whoever raises it. */
export function errorRow<P>(row: ErrorRow<P>): ErrorRow<P> {
  return row
}

/** Makes a package's table: `throw errors.port_taken({ address }, cause)`. Codes are stable: users search for them. */
export function defineErrors<R extends Rows>(rows: R): ErrorTable<R> {
  const table: Record<string, unknown> = {}
  for (const [code, row] of Object.entries(rows)) {
    const make = (facts: never, cause?: unknown): PeltonError => new PeltonError(code, row.message(facts), row, cause)
    table[code] = Object.assign(make, { code, row })
  }
  return table as ErrorTable<R>
}
