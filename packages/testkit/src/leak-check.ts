import fs from 'node:fs'
import type { Worker } from 'node:worker_threads'
import { waitUntil } from './wait-until.ts'

/** What keeps a Node.js process alive, or outlives it: handles by kind, threads and child processes. */
type Holdings = ReadonlyMap<string, number>

/**
 * Notes what this process holds now; the function that it returns waits until nothing more is held than then,
 * and rejects with what was left after `deadlineMs`.
 */
export function watchForLeaks(): (deadlineMs?: number) => Promise<void> {
  const before = holdings(new Set())
  const threads = new Set<Worker>()
  const onWorker = (worker: Worker): void => {
    threads.add(worker)
    worker.once('exit', () => threads.delete(worker))
  }
  process.on('worker', onWorker)
  return async (deadlineMs = 3000) => {
    let left: string[] = []
    const look = (): boolean => (left = surplus(before, holdings(threads))).length === 0
    await waitUntil('leak check', look, { deadlineMs }).catch((cause: unknown) => {
      throw new Error(`left behind: ${left.join(', ')}`, { cause })
    })
    process.off('worker', onWorker)
  }
}

function holdings(threads: ReadonlySet<Worker>): Holdings {
  const counts = new Map<string, number>()
  const count = (name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1)
  process.getActiveResourcesInfo().forEach(count)
  childProcesses().forEach(count)
  threads.forEach((worker) => count(`thread ${worker.threadId}`))
  counts.delete('Immediate')
  return counts
}

function surplus(before: Holdings, now: Holdings): string[] {
  return [...now]
    .map(([name, count]) => ({ name, more: count - (before.get(name) ?? 0) }))
    .filter(({ more }) => more > 0)
    .map(({ name, more }) => `${more} × ${name}`)
}

/** Empty where there is no `/proc`. */
function childProcesses(): string[] {
  const file = `/proc/self/task/${process.pid}/children`
  if (!fs.existsSync(file)) return []
  return fs
    .readFileSync(file, 'utf8')
    .split(' ')
    .filter((pid) => pid !== '')
    .map((pid) => `child process ${pid}`)
}
