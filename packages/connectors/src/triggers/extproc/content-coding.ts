import { Buffer } from 'node:buffer'
import type { Coding, Inflated } from './coding.ts'
import { decodeLayerLater, decodeLayerNow, encodeLayerLater, encodeLayerNow } from './coding-layer.ts'

export type { Coding, Inflated } from './coding.ts'

/** More layers are nobody's intention, and each may inflate a thousandfold. */
const mostLayers = 4

const plain: readonly Coding[] = []

/** All that one header says as a rule, so that it costs a look-up. */
const known: ReadonlyMap<string, readonly Coding[]> = new Map([
  ['', plain],
  ['identity', plain],
  ['gzip', ['gzip']],
  ['x-gzip', ['gzip']],
  ['deflate', ['deflate']],
  ['br', ['br']],
  ['zstd', ['zstd']],
])

/**
 * Codings in the order they were applied, those of the transfer last, `identity` and `chunked` left out; undefined when
 * one of them is not known or there are more than four. `[]`: not compressed.
 */
export function codingsOf(
  contentEncoding: string | undefined,
  transferEncoding: string | undefined,
): readonly Coding[] | undefined {
  const content = contentEncoding === undefined ? plain : (known.get(contentEncoding) ?? parse(contentEncoding))
  if (transferEncoding === undefined || transferEncoding === 'chunked') return content
  const transfer = parse(transferEncoding, 'chunked')
  if (!content || !transfer || content.length + transfer.length > mostLayers) return undefined
  return [...content, ...transfer]
}

function parse(header: string, leftOut?: string): readonly Coding[] | undefined {
  const codings: Coding[] = []
  for (const word of header.split(',')) {
    const name = word.trim().toLowerCase()
    const layer = name === leftOut ? plain : known.get(name)
    if (!layer || codings.length + layer.length > mostLayers) return undefined
    codings.push(...layer)
  }
  return codings
}

/**
 * Plain bytes, or why not; never rejects. `too_large` when a layer has more than `maxBytes` of output, `malformed` for bad
 * or incomplete input and for what follows its end. A promise when other threads do the work: the bytes must not change
 * meanwhile. An empty body is empty in every coding, as browsers take it.
 */
export function decodeBody(body: Buffer, codings: readonly Coding[], maxBytes: number): Inflated | Promise<Inflated> {
  let decoded = body
  if (body.length === 0) return { body }
  for (let at = codings.length - 1; at >= 0; at -= 1) {
    const coding = codings[at]!
    const now = decodeLayerNow(decoded, coding, maxBytes)
    if (!now) return decodeLater(decoded, codings.slice(0, at + 1), maxBytes)
    if ('failure' in now) return now
    decoded = now.body
  }
  if (decoded.length > maxBytes) return { failure: 'too_large', reason: `more than ${maxBytes} bytes` }
  return { body: decoded }
}

async function decodeLater(body: Buffer, codings: readonly Coding[], maxBytes: number): Promise<Inflated> {
  const outer = await decodeLayerLater(body, codings.at(-1)!, maxBytes)
  return 'failure' in outer ? outer : decodeBody(outer.body, codings.slice(0, -1), maxBytes)
}

/** The body in these codings, the first one innermost. A promise when other threads do the work: the bytes must not change meanwhile. */
export function encodeBody(body: Uint8Array, codings: readonly Coding[]): Buffer | Promise<Buffer> {
  let encoded = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  for (let at = 0; at < codings.length; at += 1) {
    const now = encodeLayerNow(encoded, codings[at]!)
    if (!now) return encodeLater(encoded, codings.slice(at))
    encoded = now
  }
  return encoded
}

async function encodeLater(body: Buffer, codings: readonly Coding[]): Promise<Buffer> {
  return encodeBody(await encodeLayerLater(body, codings[0]!), codings.slice(1))
}
