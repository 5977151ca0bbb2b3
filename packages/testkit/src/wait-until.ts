import { setTimeout as sleep } from 'node:timers/promises'

/** How patient `waitUntil` is. */
export interface Patience {
  /** Default 5,000. */
  deadlineMs?: number
  /** Between two looks; default 5. */
  everyMs?: number
}

/** Looks until `look` gives something truthy and returns it; rejects at the deadline, naming `what` and the last thing seen. */
export async function waitUntil<T>(
  what: string,
  look: () => T | Promise<T>,
  { deadlineMs = 5000, everyMs = 5 }: Patience = {},
): Promise<T> {
  const deadline = performance.now() + deadlineMs
  let seen = await look()
  while (!seen) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${deadlineMs} ms, last seen ${String(seen)}`)
    await sleep(everyMs)
    seen = await look()
  }
  return seen
}

/** `promise`, or a rejection that names `what` after `deadlineMs`, so that a hang says where it hangs. */
export async function within<T>(what: string, promise: Promise<T>, deadlineMs = 5000): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${deadlineMs} ms`)), deadlineMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
