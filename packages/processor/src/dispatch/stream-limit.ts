import type { Clock } from '@pelton/core'

/** How long a streamed body may keep its reader waiting. */
export interface StreamLimit {
  clock: Clock
  /** For the first chunk, in milliseconds, */
  firstMs: number
  /** and for each next one. */
  nextMs: number
  /** Called when it is over; gives the error that breaks the stream off. */
  expire(): Error
}

/** Breaks a stream off when its producer keeps the reader waiting for longer than the limit. */
export async function* limitStream(body: AsyncIterable<Uint8Array>, limit: StreamLimit): AsyncGenerator<Uint8Array> {
  const source = body[Symbol.asyncIterator]()
  let waitMs = limit.firstMs
  try {
    for (;;) {
      const step = await nextWithin(source, waitMs, limit)
      if (step.done) return
      yield step.value
      waitMs = limit.nextMs
    }
  } finally {
    // Not awaited: a producer that does not answer must not hold its reader. Its break-off reached the reader already.
    source.return?.().catch(() => undefined)
  }
}

function nextWithin(
  source: AsyncIterator<Uint8Array>,
  waitMs: number,
  limit: StreamLimit,
): Promise<IteratorResult<Uint8Array>> {
  return new Promise((resolve, reject) => {
    const timer = limit.clock.after(waitMs, () => reject(limit.expire()))
    source.next().then(resolve, reject).finally(timer.cancel)
  })
}
