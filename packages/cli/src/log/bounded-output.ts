import { fstatSync, writeSync } from 'node:fs'

/** What a `BoundedOutput` may be told. */
export interface BoundedOutputOptions {
  /** Most bytes that wait for the reader; default 1 MiB. */
  maxBytes?: number
  /** Writes some of the bytes and returns how many, as `fs.writeSync` does. */
  writeSome?: (fd: number, bytes: Uint8Array) => number
}

const retryMs = 10

/**
 * A file descriptor that is written to without ever waiting for its reader. Pipes and sockets are switched to non-blocking, so that a
 * reader that stalls costs log lines and not events; files and terminals take everything at once.
 */
export class BoundedOutput {
  /** The line that reports how many writes were dropped. */
  describeLoss = (count: number): string => `(${count} messages were dropped)\n`

  readonly #fd: number
  readonly #maxBytes: number
  readonly #writeSome: (fd: number, bytes: Uint8Array) => number
  #queue: string[] = []
  #queuedBytes = 0
  /** What is being written; the reader may have taken a part of it. */
  #head: Buffer | undefined
  #dropped = 0
  #isScheduled = false
  #isBroken = false

  constructor(fd: number, { maxBytes = 1024 * 1024, writeSome = writeSync }: BoundedOutputOptions = {}) {
    this.#fd = fd
    this.#maxBytes = maxBytes
    this.#writeSome = writeSome
    makeNonBlocking(fd)
  }

  /** Queues whole lines; beyond the bound they are dropped and counted. */
  write(lines: string): void {
    if (this.#isBroken) return
    const bytes = Buffer.byteLength(lines)
    if (this.#queuedBytes + bytes + (this.#head?.length ?? 0) > this.#maxBytes) {
      this.#dropped += 1
    } else {
      this.#queue.push(lines)
      this.#queuedBytes += bytes
    }
    this.#schedule()
  }

  /** Writes what is queued now, waiting at most `deadlineMs` for a slow reader. Blocks: for the end of the process. */
  flush(deadlineMs: number): void {
    const deadline = performance.now() + deadlineMs
    while (!this.#pump() && performance.now() < deadline) pause(retryMs)
  }

  /** Lines of one turn of the loop become one write. */
  #schedule(delayMs = 0): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    const run = (): void => {
      this.#isScheduled = false
      if (!this.#pump()) this.#schedule(retryMs)
    }
    if (delayMs === 0) setImmediate(run)
    else setTimeout(run, delayMs).unref()
  }

  /** Whether everything was taken. */
  #pump(): boolean {
    for (let head = this.#nextHead(); head; head = this.#nextHead()) {
      const taken = this.#attempt(head)
      if (taken === undefined) return this.#isBroken
      this.#head = taken < head.length ? head.subarray(taken) : undefined
    }
    return true
  }

  #nextHead(): Buffer | undefined {
    if (this.#head) return this.#head
    if (this.#queue.length === 0 && this.#dropped === 0) return undefined
    const loss = this.#dropped > 0 ? this.describeLoss(this.#dropped) : ''
    this.#head = Buffer.from(this.#queue.join('') + loss)
    this.#queue = []
    this.#queuedBytes = 0
    this.#dropped = 0
    return this.#head
  }

  /** How much the reader took; undefined when it takes nothing now, or nothing ever again. */
  #attempt(bytes: Buffer): number | undefined {
    try {
      return this.#writeSome(this.#fd, bytes)
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      if (code === 'EAGAIN' || code === 'EINTR') return undefined
      // Nothing can be reported about an output that is broken: the report would go there.
      this.#isBroken = true
      this.#head = undefined
      this.#queue = []
      return undefined
    }
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
