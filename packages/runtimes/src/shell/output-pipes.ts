import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { closeSync, constants, openSync, rmSync } from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'

/** One pipe for all that a command prints. */
export interface OutputPipe {
  /** The end that the command is given, as its output and as its errors: so their order is kept. */
  readonly writer: number
  readonly reader: Readable
  /** The command has its end: this process's own is closed, so that the reader comes to an end when the command's is. */
  handOver(): void
  /** Closes what is open. Without `isClean`, when somebody may still write to it, it is never used again. */
  release(isClean: boolean): void
}

/**
 * The pipes of one worker, used again and again. They come from `mkfifo`, because a pipe of Node.js is a socket: a command
 * could not open `/dev/stderr` on it, and there is no way to give it the same one twice.
 */
export interface OutputPipes {
  take(): Promise<OutputPipe>
  /** Gives the pipes back to the system; those that are in use when they are released. */
  close(): void
}

/** A pipe that nobody has open. */
interface Fifo {
  readonly path: string
  remove(): void
}

/** Of every POSIX system; Node.js itself makes no such pipes. */
const mkfifo = 'mkfifo'
const run = promisify(execFile)

/** Linux's flag for a descriptor that stands for a file without having it open. */
const pathOnly = 0o10000000

/** Makes the first pipe; rejects when the system can make none. */
export async function createOutputPipes(): Promise<OutputPipes> {
  const free = [await makeFifo()]
  let isClosed = false
  return {
    async take() {
      const fifo = free.pop() ?? (await makeFifo())
      const released = (isClean: boolean): void => {
        if (isClean && !isClosed) free.push(fifo)
        else fifo.remove()
      }
      try {
        return openFifo(fifo, released)
      } catch (error) {
        released(true)
        throw error
      }
    },
    close() {
      isClosed = true
      for (const fifo of free.splice(0)) fifo.remove()
    },
  }
}

/** Where the system can do without its name the pipe has none, so that nothing is left of it when this process is killed. */
async function makeFifo(): Promise<Fifo> {
  const path = join(tmpdir(), `pelton-shell-${randomUUID()}`)
  await run(mkfifo, ['-m', '600', path])
  const remove = (): void => rmSync(path, { force: true })
  if (process.platform !== 'linux') return { path, remove }
  try {
    const fd = openSync(path, pathOnly)
    return { path: `/proc/self/fd/${fd}`, remove: () => closeSync(fd) }
  } finally {
    remove()
  }
}

function openFifo({ path }: Fifo, released: (isClean: boolean) => void): OutputPipe {
  // Without waiting for a writer; then there is a reader, and the writer need not wait either.
  const reading = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const writer = openWriter(path, reading)
  const reader = new Socket({ fd: reading, readable: true, writable: false })
  let isHandedOver = false
  const handOver = (): void => {
    if (!isHandedOver) closeSync(writer)
    isHandedOver = true
  }
  return {
    writer,
    reader,
    handOver,
    release(isClean) {
      handOver()
      reader.destroy()
      released(isClean)
    },
  }
}

function openWriter(path: string, reading: number): number {
  try {
    return openSync(path, constants.O_WRONLY)
  } catch (error) {
    closeSync(reading)
    throw error
  }
}
