/** How a request that cannot be read is answered, by the parser's error code. */
export function refusalOf(code: string | undefined): { status: number; text: string } {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return { status: 431, text: 'the request line and headers are too large\n' }
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return { status: 413, text: 'the chunk extensions are too large\n' }
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: 408, text: 'the request took too long to arrive\n' }
    default:
      return { status: 400, text: 'the request is malformed\n' }
  }
}
