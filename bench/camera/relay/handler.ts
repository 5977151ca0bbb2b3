import { setTimeout as sleep } from 'node:timers/promises'
import type { Context, Event } from '@pelton/sdk'

/** Gives each picture back at once. */
export function relay(_context: Context, event: Event): Uint8Array {
  return event.body
}

/** The same after 20 ms, as of a model that runs elsewhere. */
export async function relayLate(_context: Context, event: Event): Promise<Uint8Array> {
  await sleep(20)
  return event.body
}
