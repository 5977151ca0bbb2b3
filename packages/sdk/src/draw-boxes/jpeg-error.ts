// Marks errors across copies of the sdk.
const jpegErrorBrand: unique symbol = Symbol.for('pelton.jpegError') as never

/** Bytes that are no whole picture, a kind of JPEG that cannot be drawn on, or one that is too large. */
export type JpegErrorCode = 'jpeg_damaged' | 'jpeg_unsupported' | 'jpeg_too_large'

/** Why nothing was drawn: `message` says what the picture is, and how to mend it. `instanceof` knows those of other copies of the sdk as well. */
export class JpegError extends Error {
  override readonly name = 'JpegError'
  readonly code: JpegErrorCode
  readonly [jpegErrorBrand] = true

  constructor(code: JpegErrorCode, message: string) {
    super(message)
    this.code = code
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && jpegErrorBrand in value
  }
}

/** The error for bytes that are no JPEG, or not all of one. */
export function damaged(what: string): JpegError {
  return new JpegError('jpeg_damaged', `cannot draw on this JPEG: ${what}`)
}

/** The error for a JPEG of another kind. */
export function unsupported(what: string): JpegError {
  return new JpegError(
    'jpeg_unsupported',
    `cannot draw on this JPEG: ${what}; save it as baseline JPEG of 8 bits in colour or grey first, as most cameras do: sharp(jpeg).jpeg().toBuffer()`,
  )
}
