const token = /^[\w!#$%&'*+.^`|~-]+$/

/** The content type of a stream of JPEG parts. A boundary that is no token (RFC 9110 §5.6.2) is quoted. */
export function multipartType(boundary: string): string {
  const value = token.test(boundary) ? boundary : `"${boundary.replaceAll(/["\\]/g, String.raw`\$&`)}"`
  return `multipart/x-mixed-replace; boundary=${value}`
}

/** What comes before the bytes of one JPEG part of `contentLength` bytes. */
export function partHead(boundary: string, contentLength: number): Buffer {
  return Buffer.from(`--${boundary}\r\nContent-Type: image/jpeg\r\nContent-Length: ${contentLength}\r\n\r\n`, 'latin1')
}

/** What comes after the bytes of each part. */
export const partTail: Buffer = Buffer.from('\r\n', 'latin1')
