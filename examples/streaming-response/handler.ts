import { setTimeout as sleep } from 'node:timers/promises'
import type { Context, Event } from '@pelton/sdk'

/** Answers with server-sent events while they happen: each value that is yielded is sent at once. */
export function handler(context: Context, event: Event) {
  const count = Number(event.field('count') ?? 5)
  const everyMs = Number(event.field('every') ?? 200)
  return { status: 200, contentType: 'text/event-stream', body: ticks(count, everyMs, event.signal) }
}

async function* ticks(count: number, everyMs: number, signal: AbortSignal) {
  for (let tick = 1; tick <= count; tick += 1) {
    yield `data: tick ${tick}\n\n`
    // The signal aborts when the caller leaves, so that nothing is produced for nobody.
    if (tick < count) await sleep(everyMs, undefined, { signal })
  }
}
