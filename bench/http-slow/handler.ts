import { setTimeout as sleep } from 'node:timers/promises'
import type { Context, Event } from '@pelton/sdk'

/** Answers with the body after 10 ms. */
export async function handler(_context: Context, event: Event): Promise<Uint8Array> {
  await sleep(10)
  return event.body
}
