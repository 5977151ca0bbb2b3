import { setTimeout as sleep } from 'node:timers/promises'

/** Gives each message back, some of them late, so that many are under way at a time. */
export async function handler(_context, event) {
  if (event.body.length % 7 === 0) await sleep(event.body.length % 5)
  return event.text()
}
