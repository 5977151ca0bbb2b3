/** What a body was given as, to be sent; the content type is that of JSON, or empty. */
interface BodyContent {
  content: string | Uint8Array | undefined
  contentType: string
}

/** The body of `call` as text or bytes of its own: later changes do not matter. Throws `TypeError` for what cannot be sent. */
export function bodyContent(call: string, body: unknown): BodyContent {
  if (typeof body === 'string' || body === undefined) return { content: body, contentType: '' }
  if (ArrayBuffer.isView(body))
    return { content: Buffer.from(new Uint8Array(body.buffer, body.byteOffset, body.byteLength)), contentType: '' }
  if (body instanceof ArrayBuffer || body instanceof SharedArrayBuffer)
    return { content: Buffer.from(new Uint8Array(body)), contentType: '' }
  return { content: jsonOf(call, body), contentType: 'application/json' }
}

function jsonOf(call: string, body: unknown): string {
  const unsettled = typeof body === 'object' && body !== null ? whyUnsettled(body) : undefined
  if (unsettled !== undefined) throw new TypeError(`${call}: body is ${unsettled}`)
  return jsonText(`${call}: body`, body)
}

/** A value as JSON. Throws `TypeError`, which begins with `where`, for cycles, functions and what throws by itself. */
export function jsonText(where: string, value: unknown): string {
  let text: string | undefined
  try {
    text = JSON.stringify(value) as string | undefined
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n', 1)[0] : 'it throws'
    throw new TypeError(`${where} cannot be written as JSON: ${reason}`, { cause: error })
  }
  if (text === undefined) throw new TypeError(`${where} cannot be written as JSON: it is of type ${typeof value}`)
  return text
}

// As JSON each of them would be an empty object.
function whyUnsettled(body: object): string | undefined {
  if (typeof (body as { then?: unknown }).then === 'function') return 'a promise: await it'
  if (typeof (body as { arrayBuffer?: unknown }).arrayBuffer === 'function')
    return 'a response or blob: await its arrayBuffer()'
  if (Symbol.asyncIterator in body || typeof (body as { next?: unknown }).next === 'function')
    return 'a stream: gather it first, as the proxy takes whole bodies'
  return undefined
}
