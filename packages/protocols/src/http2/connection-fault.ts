import { errorCodes } from './http2-codes.ts'

/** A peer broke a rule in a way that ends its connection: the code of the GOAWAY, and a word for its log. */
export class ConnectionFault extends Error {
  readonly code: number

  /** `code` is one of `errorCodes`. */
  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/** The commonest fault: PROTOCOL_ERROR. */
export function misplaced(what: string): ConnectionFault {
  return new ConnectionFault(errorCodes.protocolError, what)
}
