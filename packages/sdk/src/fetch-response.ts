import type { Bytes } from './event.ts'
import type { Response } from './response.ts'
import { readHeaders } from './response-headers.ts'
import { streamOf } from './stream-chunks.ts'

interface FetchResponse {
  status: number
  headers: { getSetCookie?: () => string[] } & Iterable<[string, string]>
  body: object | null
  bodyUsed: boolean
}

const empty = new Uint8Array(0)

/** Whether a value is a WHATWG `Response`, told by its brand so that `fetch` is not loaded to find out. */
export function isFetchResponse(value: object): value is FetchResponse {
  return Object.prototype.toString.call(value) === '[object Response]' && 'bodyUsed' in value && 'headers' in value
}

/** Reads a WHATWG `Response`. A body that is there at once is bytes, one that takes its time a stream. */
export async function readFetchResponse(given: FetchResponse): Promise<{ response: Response } | { failure: string }> {
  if (given.bodyUsed) return { failure: 'the body of the Response has been read already' }
  if (given.status < 200 || given.status > 599)
    return { failure: `status ${given.status} is not an integer from 200 to 599` }
  const headers = readHeaders(given.headers)
  if ('failure' in headers) return headers
  const { list, contentType } = headers
  const body = given.body === null ? empty : await bytesOrStream(given.body)
  return { response: { status: given.status, headers: list, contentType, body } }
}

async function bytesOrStream(stream: object): Promise<Bytes | AsyncIterable<Bytes>> {
  // A Response makes bytes of its text.
  const chunks = streamOf(stream, true)
  if (chunks === undefined) return empty
  const iterator = chunks[Symbol.asyncIterator]()
  const first = iterator.next()
  const second = first.then((step) => (step.done ? step : iterator.next()))
  const early = await Promise.race([second.then(whole(first), () => undefined), laterTurn()])
  return early ?? { [Symbol.asyncIterator]: () => resumed(iterator, [first, second]) }
}

const whole =
  (first: Promise<IteratorResult<Bytes>>) =>
  async (second: IteratorResult<Bytes>): Promise<Bytes | undefined> => {
    if (!second.done) return undefined
    const step = await first
    return step.done ? empty : step.value
  }

// Two turns of the loop: a body made of a value is read by then, a source that waits for anything is not.
function laterTurn(): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => setTimeout(resolve, 0, undefined), 0))
}

function resumed(iterator: AsyncIterator<Bytes>, taken: Promise<IteratorResult<Bytes>>[]): AsyncIterator<Bytes> {
  let ended = false
  return {
    async next() {
      if (ended) return { done: true, value: undefined }
      const step = await (taken.shift() ?? iterator.next())
      ended = step.done === true
      return step
    },
    return: async () => {
      ended = true
      return (await iterator.return?.()) ?? { done: true, value: undefined }
    },
  }
}
