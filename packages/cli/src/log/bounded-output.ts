import { fstatSync, writeSync } from 'node:fs'

/** A file descriptor that is written to without ever waiting for its reader. */
export interface BoundedOutput {
  /** Queues whole lines; beyond the bound they are dropped and counted. */
  write(lines: string): void
  /** Writes what is queued now, waiting at most `deadlineMs` for a slow reader. Blocks: for the end of the process. */
  flush(deadlineMs: number): void
  /** The line that reports how many writes were dropped. */
  describeLoss: (count: number) => string
}

/** What a `BoundedOutput` may be told. */
export interface BoundedOutputOptions {
  /** Most bytes that wait for the reader; default 1 MiB. */
  maxBytes?: number
  /** Writes some of the bytes and returns how many, as `fs.writeSync` does. */
  writeSome?: (fd: number, bytes: Uint8Array) => number
}

const retryMs = 10

/**
 * Makes an output of `fd`. Pipes and sockets are switched to non-blocking, so that a reader that stalls costs log lines and not events;
 * files and terminals are written at once.
 */
export function createBoundedOutput(fd: number, options: BoundedOutputOptions = {}): BoundedOutput {
  const { maxBytes = 1024 * 1024, writeSome = writeSync } = options
  makeNonBlocking(fd)
  let queue: string[] = []
  let queuedBytes = 0
  let head: Buffer | undefined
  let dropped = 0
  let isScheduled = false
  let isBroken = false

  const nextHead = (): Buffer | undefined => {
    if (queue.length === 0 && dropped === 0) return undefined
    const loss = dropped > 0 ? output.describeLoss(dropped) : ''
    const bytes = Buffer.from(queue.join('') + loss)
    queue = []
    queuedBytes = 0
    dropped = 0
    return bytes
  }

  /** Whether everything was taken. */
  const pump = (): boolean => {
    while ((head ??= nextHead())) {
      const result = attempt(() => writeSome(fd, head!))
      if (result === 'later') return false
      if (result === 'broken') {
        isBroken = true
        head = undefined
        queue = []
        return true
      }
      head = result < head.length ? head.subarray(result) : undefined
    }
    return true
  }

  const run = (): void => {
    isScheduled = false
    if (!pump()) schedule(retryMs)
  }

  const schedule = (delayMs: number): void => {
    if (isScheduled) return
    isScheduled = true
    if (delayMs === 0) setImmediate(run)
    else setTimeout(run, delayMs).unref()
  }

  const output: BoundedOutput = {
    describeLoss: (count) => `(${count} messages were dropped)\n`,
    write(lines) {
      if (isBroken) return
      const bytes = Buffer.byteLength(lines)
      if (queuedBytes + bytes + (head?.length ?? 0) > maxBytes) {
        dropped += 1
      } else {
        queue.push(lines)
        queuedBytes += bytes
      }
      schedule(0)
    },
    flush(deadlineMs) {
      const deadline = performance.now() + deadlineMs
      while (!pump() && performance.now() < deadline) pause(retryMs)
    },
  }
  return output
}

function attempt(write: () => number): number | 'later' | 'broken' {
  try {
    return write()
  } catch (error) {
    // Nothing can be reported about an output that is broken: the report would go there.
    const code = (error as NodeJS.ErrnoException).code
    return code === 'EAGAIN' || code === 'EINTR' ? 'later' : 'broken'
  }
}

function makeNonBlocking(fd: number): void {
  if (fd !== 2) return
  const facts = fstatSync(fd)
  // The stream is never written to: opening it is what sets O_NONBLOCK, and Node.js restores it at exit.
  if (facts.isFIFO() || facts.isSocket()) void process.stderr
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
