// Says when requests are due: at a mean rate, at times that know nothing of each other (Poisson). It sleeps in a thread
// of its own, since timers of an event loop come once a millisecond, all of it at a time.
import { parentPort, workerData } from 'node:worker_threads'

const { perSecond } = workerData as { perSecond: number }
const meanMs = 1000 / perSecond
const sleeper = new Int32Array(new SharedArrayBuffer(4))

let dueAt = performance.now()
for (;;) {
  let count = 0
  const now = performance.now()
  while (dueAt <= now) {
    count++
    dueAt -= Math.log(1 - Math.random()) * meanMs
  }
  if (count > 0) parentPort?.postMessage(count)
  Atomics.wait(sleeper, 0, 0, Math.max(0.01, dueAt - performance.now()))
}
