import type { Outcome } from './event.ts'

/** How an event ended that nobody waits for: the handler's status, or why there is none or why it is none of success. */
export type OutcomeEnd = { status: number } | { error: string }

/** Waits for all of an outcome. A streamed body is read to its end, because its producer waits for a reader, or until `revoke`. */
export async function outcomeEnd(outcome: Outcome, revoke?: AbortSignal): Promise<OutcomeEnd> {
  if (outcome.status === 'failed') return { error: `${outcome.error.code}: ${outcome.error.message}` }
  const { body, status } = outcome.response
  try {
    if (body !== undefined && !(body instanceof Uint8Array)) await readAway(body, revoke)
    if (!revoke?.aborted) await outcome.finished
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
  return status >= 400 ? { error: `the handler answered ${status}` } : { status }
}

async function readAway(body: AsyncIterable<Uint8Array>, revoke: AbortSignal | undefined): Promise<void> {
  const chunks = body[Symbol.asyncIterator]()
  const left = Promise.withResolvers<true>()
  const leave = (): void => left.resolve(true)
  revoke?.addEventListener('abort', leave)
  try {
    const read = async (): Promise<true> => {
      while (!revoke?.aborted && (await chunks.next()).done !== true);
      return true
    }
    await Promise.race([read(), left.promise])
    // Nobody waits for a producer that may never let go.
    if (revoke?.aborted) void chunks.return?.().catch(() => undefined)
  } finally {
    revoke?.removeEventListener('abort', leave)
  }
}
