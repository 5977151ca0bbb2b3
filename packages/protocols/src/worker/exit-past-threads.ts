import { Buffer } from 'node:buffer'
import type { Worker as Thread } from 'node:worker_threads'

/** Threads that live, and what says whether one must not be ended. One list for the process, whose end is one for all of them. */
const living = new Map<Thread, () => boolean>()
/** What ends the process since nobody caught it; empty when nothing does. */
let uncaught = ''

/**
 * Lets the process end, with its exit code, while this thread is inside native code, as `mayBe` says that it may be: Node.js would wait for the code
 * and then end the thread, which may abort the process. To be called when the thread is made. Does nothing on Windows.
 */
export function exitPast(thread: Thread, mayBe: () => boolean): void {
  if (living.size === 0) process.on('exit', leave).on('uncaughtExceptionMonitor', note)
  living.set(thread, mayBe)
  thread.once('exit', () => {
    living.delete(thread)
    if (living.size === 0) process.off('exit', leave).off('uncaughtExceptionMonitor', note)
  })
}

/** Node.js prints what nobody caught only after the listeners of `exit`. */
function note(error: unknown): void {
  if (process.listenerCount('uncaughtException') > 0) return
  const { inspect } = process.getBuiltinModule('node:util')
  uncaught = `Uncaught ${inspect(error)}\n\nNode.js ${process.version}\n`
}

/** Another program takes the process's place: the system itself ends its threads, and none of them runs any code any more. */
function leave(code: number): void {
  if (!process.execve || ![...living.values()].some((mayBe) => mayBe())) return
  tell(Buffer.from(uncaught))
  process.execve(process.execPath, [process.execPath, '--eval', `process.exit(${code})`], {})
}

function tell(bytes: Buffer): void {
  const { writeSync } = process.getBuiltinModule('node:fs')
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(2, bytes, at)
  } catch {
    // Nobody reads what is said: the process ends all the same.
  }
}
