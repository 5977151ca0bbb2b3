import type { Buffer } from 'node:buffer'
import { gunzip, gzip, deflate, inflate, type ZlibOptions } from 'node:zlib'
import { InferenceError } from '@pelton/protocols/inference'

/** What bodies may be coded in. */
export type RestCoding = 'gzip' | 'deflate'

/** Less is sent as it is: packing it costs more than the bytes. */
const leastPacked = 16_384
/** Numbers hardly become smaller with more effort. */
const level = 1
const chunkSize = 65_536
/** Bodies that are unpacked at a time: a small one may become as large as the limit. */
const mostAtATime = 4

/** The coding of a request; undefined when there is none. InferenceError 415 for another one, or several. */
export function codingOf(contentEncoding: string | undefined): RestCoding | undefined {
  const name = (contentEncoding ?? '').trim().toLowerCase()
  if (name === '' || name === 'identity') return undefined
  if (name === 'gzip' || name === 'x-gzip') return 'gzip'
  if (name === 'deflate') return 'deflate'
  throw new InferenceError(
    415,
    `the content-encoding ${JSON.stringify(name.slice(0, 100))} is unknown; there are gzip, deflate`,
  )
}

/** What a client takes, gzip before deflate where it wants both as much; undefined when a body goes out as it is (RFC 9110 §12.5.3). */
export function acceptedCoding(acceptEncoding: string | undefined): RestCoding | undefined {
  if (acceptEncoding === undefined) return undefined
  const weights = new Map(acceptEncoding.toLowerCase().split(',').map(readWeight))
  const weightOf = (coding: RestCoding): number => weights.get(coding) ?? weights.get('*') ?? 0
  const [gzipWeight, deflateWeight] = [weightOf('gzip'), weightOf('deflate')]
  if (gzipWeight <= 0 && deflateWeight <= 0) return undefined
  return gzipWeight >= deflateWeight ? 'gzip' : 'deflate'
}

/** Whether a body of so many bytes is worth packing. */
export function isWorthPacking(bytes: number): boolean {
  return bytes >= leastPacked
}

/** A body in a coding, packed in another thread. */
export function pack(body: Buffer, coding: RestCoding): Promise<Buffer> {
  return run(coding === 'gzip' ? gzip : deflate, body, { level, chunkSize })
}

/** Takes the coding off in another thread. InferenceError 413 beyond `maxBytes`, 400 for bytes that are not so coded. */
export async function unpack(body: Buffer, coding: RestCoding, maxBytes: number): Promise<Buffer> {
  await turn()
  try {
    return await run(coding === 'gzip' ? gunzip : inflate, body, { maxOutputLength: maxBytes, chunkSize })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ERR_BUFFER_TOO_LARGE') throw new InferenceError(413, tooLargeText(maxBytes))
    throw new InferenceError(400, `the body is no ${coding}`)
  } finally {
    const next = waiting.shift()
    if (next) next()
    else unpacking -= 1
  }
}

/** What is said of a request that is over the limit. */
export function tooLargeText(maxBytes: number): string {
  return `the request has more than ${maxBytes} bytes`
}

/** All triggers of a thread take turns: it is the memory of one process. */
const waiting: (() => void)[] = []
let unpacking = 0

function turn(): Promise<void> | undefined {
  if (unpacking >= mostAtATime) return new Promise((resolve) => waiting.push(resolve))
  unpacking += 1
  return undefined
}

type Work = (body: Buffer, options: ZlibOptions, done: (error: Error | null, result: Buffer) => void) => void

function run(work: Work, body: Buffer, options: ZlibOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    work(body, options, (error, result) => (error ? reject(error) : resolve(result)))
  })
}

function readWeight(item: string): [name: string, weight: number] {
  const [name = '', ...parameters] = item.split(';').map((part) => part.trim())
  const weight = parameters.find((parameter) => parameter.startsWith('q='))
  return [name, weight === undefined ? 1 : Number(weight.slice(2)) || 0]
}
