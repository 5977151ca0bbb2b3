import { type Blame, PeltonError } from '@pelton/core'

/** A `PeltonError` as it crosses the wire. */
interface WireError {
  code: string
  message: string
  blame: Blame
  retryable: boolean
  help: string
  status: number
  /** Text of the error behind it, for the log at debug level. */
  cause?: string
}

const maxTextLength = 64 * 1024

/** Writes an error as meta. */
export function writeError(error: PeltonError): string {
  const { code, message, blame, retryable, help, status, cause } = error
  const wire: WireError = { code, message: message.slice(0, maxTextLength), blame, retryable, help, status }
  if (cause !== undefined) wire.cause = textOf(cause).slice(0, maxTextLength)
  return JSON.stringify(wire)
}

/** Reads an error; whatever is missing or of the wrong type is replaced, so that no peer can break its reader. */
export function readError(meta: string): PeltonError {
  const wire = parse(meta)
  const text = (key: keyof WireError, otherwise: string): string => {
    const value = wire[key]
    return typeof value === 'string' ? value : otherwise
  }
  const blame: Blame = wire.blame === 'upstream' || wire.blame === 'bug' ? wire.blame : 'user'
  const status = Number.isInteger(wire.status) && wire.status! >= 400 && wire.status! <= 599 ? wire.status! : 500
  const row = { blame, retryable: wire.retryable === true, help: text('help', ''), status }
  const cause = wire.cause === undefined ? undefined : new Error(text('cause', ''))
  return new PeltonError(text('code', 'handler_failed'), text('message', 'The handler failed'), row, cause)
}

function parse(meta: string): Partial<WireError> {
  try {
    const value: unknown = JSON.parse(meta)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    // The text itself is the best description that there is.
    return { message: meta }
  }
}

/** The stack or text of anything that was thrown; never throws itself. */
export function textOf(thrown: unknown): string {
  try {
    // A stack may be anything that somebody has assigned.
    return String(thrown instanceof Error ? (thrown.stack ?? thrown.message) : thrown)
  } catch {
    return 'a thrown value that cannot be shown'
  }
}
