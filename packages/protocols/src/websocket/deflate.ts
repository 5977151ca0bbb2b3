import { Buffer, isUtf8 } from 'node:buffer'
import type * as Zlib from 'node:zlib'
import { closeCodes } from './close-code.ts'
import type { DeflateTerms } from './deflate-terms.ts'

/** A smaller message gains nothing by compression. */
export const fewestCompressed = 1_024
/** What is worked on at once; the rest goes to other threads. */
const mostAtOnce = 8_192
/** What a small message may inflate to at once: a millisecond's work. */
const mostInflatedAtOnce = 65_536
/** Inflations and deflations in other threads, of all connections: each takes up to a third of a megabyte. */
const mostAtATime = 4
/** An empty block, which RFC 7692 §7.2.1 leaves out. */
const tail = Buffer.from([0, 0, 0xff, 0xff])

/** A message inflated, or how its connection is to be closed. */
export type Inflated = { data: Buffer } | { code: number; reason: string }

/** Inflates a small message; undefined when it is or becomes too large to be inflated here and now. */
export function inflateNow(data: Buffer, isText: boolean, maxBytes: number): Inflated | undefined {
  if (data.length > mostAtOnce) return undefined
  const limit = Math.min(maxBytes, mostInflatedAtOnce)
  try {
    return checkText(zlib().inflateRawSync(withTail(data), inflating(limit)), isText)
  } catch (error) {
    return isTooLarge(error) && limit < maxBytes ? undefined : faultOf(error, maxBytes)
  }
}

/** Inflates a message in another thread; never rejects. */
export async function inflateLater(data: Buffer, isText: boolean, maxBytes: number): Promise<Inflated> {
  try {
    const inflated = await inTurn<Buffer>((done) => zlib().inflateRaw(withTail(data), inflating(maxBytes), done))
    return checkText(inflated, isText)
  } catch (error) {
    return faultOf(error, maxBytes)
  }
}

/** Deflates a message; a promise when that is done in another thread. Its bytes must not change meanwhile. */
export function deflate(data: Uint8Array, terms: DeflateTerms): Buffer | Promise<Buffer> {
  const options: Zlib.ZlibOptions = { windowBits: terms.windowBits, finishFlush: zlib().constants.Z_SYNC_FLUSH }
  if (data.length <= mostAtOnce) return withoutTail(zlib().deflateRawSync(data, options))
  return inTurn<Buffer>((done) => zlib().deflateRaw(data, options, done)).then(withoutTail)
}

function zlib(): typeof Zlib {
  return process.getBuiltinModule('node:zlib')
}

function inflating(maxOutputLength: number): Zlib.ZlibOptions {
  const chunkSize = Math.max(1_024, Math.min(mostInflatedAtOnce, maxOutputLength))
  return { maxOutputLength: Math.max(1, maxOutputLength), chunkSize, finishFlush: zlib().constants.Z_SYNC_FLUSH }
}

function withTail(data: Buffer): Buffer {
  return Buffer.concat([data, tail])
}

function withoutTail(deflated: Buffer): Buffer {
  return deflated.subarray(0, deflated.length - tail.length)
}

function checkText(data: Buffer, isText: boolean): Inflated {
  return isText && !isUtf8(data) ? { code: closeCodes.invalidData, reason: 'a text that is no UTF-8' } : { data }
}

function isTooLarge(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
}

function faultOf(error: unknown, maxBytes: number): Inflated {
  if (isTooLarge(error)) return { code: closeCodes.tooBig, reason: `a message of more than ${maxBytes} bytes` }
  return { code: closeCodes.invalidData, reason: 'a compressed message that cannot be inflated' }
}

type Job<T> = (done: (error: Error | null, result: T) => void) => void

const waiting: (() => void)[] = []
let running = 0

function inTurn<T>(job: Job<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      running -= 1
      waiting.shift()?.()
      settle()
    }
    const start = (): void => {
      running += 1
      try {
        job((error, result) => end(() => (error ? reject(error) : resolve(result))))
      } catch (error) {
        // zlib finds no memory: this may run in the callback of another job, where nobody would catch it.
        end(() => reject(error))
      }
    }
    if (running < mostAtATime) start()
    else waiting.push(start)
  })
}
