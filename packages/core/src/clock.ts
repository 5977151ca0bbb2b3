/** A timer that was set; `cancel` is harmless after it fired. */
export interface Timer {
  cancel(): void
}

/** Time, given to whoever needs it, so that tests own it. */
export interface Clock {
  /** Monotonic milliseconds, with fractions. */
  now(): number
  /** Wall-clock milliseconds since the epoch. */
  wall(): number
  /** Calls `action` once after `ms`. The timer keeps the process alive. */
  after(ms: number, action: () => void): Timer
  /** Resolves after `ms`, or at once when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** The longest that Node.js's timers wait; anything above would fire at once. */
const longestMs = 2 ** 31 - 1

/** The machine's own clock. Waits of more than 24 days end after 24 days. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(ms, action) {
    const timer = setTimeout(action, Math.min(ms, longestMs))
    return { cancel: () => clearTimeout(timer) }
  },
  sleep(ms, signal) {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const done = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, Math.min(ms, longestMs))
      signal?.addEventListener('abort', done)
    })
  },
}
