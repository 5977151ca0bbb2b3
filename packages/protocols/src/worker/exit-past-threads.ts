import type { Worker as Thread } from 'node:worker_threads'

/** Threads that live, and what says whether one must not be ended. One list for the process, whose end is one for all of them. */
const living = new Map<Thread, () => boolean>()

/**
 * Lets the process end, with its exit code, while this thread is inside native code, as `mayBe` says that it may be: Node.js would wait for the code
 * and then end the thread, which may abort the process. To be called when the thread is made. Does nothing on Windows.
 */
export function exitPast(thread: Thread, mayBe: () => boolean): void {
  if (living.size === 0) process.on('exit', leave)
  living.set(thread, mayBe)
  thread.once('exit', () => {
    living.delete(thread)
    if (living.size === 0) process.off('exit', leave)
  })
}

/** Another program takes the process's place: the system itself ends its threads, and none of them runs any code any more. */
function leave(code: number): void {
  if (![...living.values()].some((mayBe) => mayBe())) return
  process.execve?.(process.execPath, [process.execPath, '--eval', `process.exit(${code})`], {})
}
