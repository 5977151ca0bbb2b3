import type { ServerResponse } from 'node:http'
import type { Bytes } from '@pelton/core'

/** Leaves a stream that nobody is going to read. */
export function leave(stream: AsyncIterable<Bytes>): void {
  stop(stream[Symbol.asyncIterator]())
}

/** Writes a stream chunk by chunk as fast as the client reads; a stream that breaks off cuts the connection. */
export function writeStream(response: ServerResponse, stream: AsyncIterable<Bytes>, written: () => void): void {
  const iterator = stream[Symbol.asyncIterator]()
  let over = false
  const finish = (): void => {
    if (over) return
    over = true
    response.off('close', leaveEarly)
    written()
  }
  const leaveEarly = (): void => {
    stop(iterator)
    finish()
  }
  response.once('close', leaveEarly)
  response.flushHeaders()
  pump(response, iterator, () => over).then(
    (complete) => {
      if (complete) response.end()
      finish()
    },
    () => {
      // The producer has reported its failure where it belongs (`finished`); the client learns by the cut.
      // What was written in this turn goes out first.
      setImmediate(() => {
        cut(response)
        finish()
      })
    },
  )
}

/** Ends the connection so that the answer cannot pass for complete. */
function cut(response: ServerResponse): void {
  const { socket, chunkedEncoding } = response
  // Without chunks the end of the connection is the end of the body: only a reset tells that it is not.
  if (socket && !chunkedEncoding && !('encrypted' in socket)) socket.resetAndDestroy()
  else response.destroy()
}

async function pump(response: ServerResponse, iterator: AsyncIterator<Bytes>, isOver: () => boolean): Promise<boolean> {
  for (;;) {
    const step = await iterator.next()
    if (isOver()) return false
    if (step.done) return true
    if (step.value.length > 0 && !response.write(step.value)) await drained(response)
    if (isOver()) return false
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.once('drain', done)
    response.once('close', done)
  })
}

function stop(iterator: AsyncIterator<Bytes>): void {
  const stopping = async (): Promise<void> => {
    await iterator.return?.()
  }
  // Nobody waits for the end of a stream that was left; its producer reports its own failures.
  stopping().catch(() => undefined)
}
