import { closeSync, ftruncateSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomUUID } from 'node:crypto'

/** Slot of an event: the low bits of its id. */
export const slotMask = 0xffff

/** Bytes of one slot: f64 monotonic milliseconds, f64 id of the event, f64 id of a recalled event; little-endian. */
const slotBytes = 24
/** Where the recalled id stands in a slot. */
const recallOffset = 16
/** Bytes that a mark writes. */
const markBytes = 16

/** Where a worker notes when it began an event, readable when it is stuck or dead. */
export interface BegunMarks {
  /** Notes that the event begins now. */
  mark(id: number): void
}

/** The other side of the marks. */
export interface BegunTable {
  /** Monotonic milliseconds (`monotonicMs`) when the event began; undefined when it has not. */
  read(id: number): number | undefined
  close(): void
  /** The event has been sent to the host, */
  sent?(id: number): void
  /** and the host is done with it. */
  done?(id: number): void
  /**
   * Tells the host not to begin the event. Whoever then reads that it has not begun may be sure that it never will:
   * the host notes its begin before it looks for a recall. Absent where events are not recalled.
   */
  recall?(id: number): void
}

/** For hosts that keep no marks and handle one event at a time: an event begins when it is the first in line. */
export function createBegunLine(): BegunTable {
  const line: { id: number; begun?: number }[] = []
  const begin = (): void => {
    const [first] = line
    if (first) first.begun ??= monotonicMs()
  }
  return {
    read: (id) => line.find((entry) => entry.id === id)?.begun,
    sent(id) {
      line.push({ id })
      begin()
    },
    done(id) {
      const at = line.findIndex((entry) => entry.id === id)
      if (at >= 0) line.splice(at, 1)
      begin()
    },
    close() {},
  }
}

const offset = ((): number => {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1000 + nanoseconds / 1e6 - performance.now()
})()

/** The machine's monotonic clock in milliseconds: the same in all threads and processes, unlike `performance.now()`. */
export function monotonicMs(): number {
  return performance.now() + offset
}

/** Converts `monotonicMs` of any thread or process to this thread's `performance.now()`. */
export function toLocalMs(monotonic: number): number {
  return monotonic - offset
}

const cellsPerSlot = slotBytes / 8

/** Shared memory for `slots` events. */
export function createBegunMemory(slots: number): SharedArrayBuffer {
  return new SharedArrayBuffer(slots * slotBytes)
}

/** The table over shared memory, for both threads. */
export function openBegunMemory(memory: SharedArrayBuffer): BegunTable & BegunMarks {
  const cells = new Float64Array(memory)
  return {
    mark(id) {
      const at = (id & slotMask) * cellsPerSlot
      cells[at] = monotonicMs()
      cells[at + 1] = id
    },
    read(id) {
      const at = (id & slotMask) * cellsPerSlot
      return cells[at + 1] === id ? cells[at] : undefined
    },
    close() {},
  }
}

/**
 * A table in a file that has no name any more: a process notes its marks there with one write that lasts even when it is
 * killed in the next instruction. The descriptor goes to the child; `close` gives it back to the system.
 */
export function createBegunFile(slots: number): BegunTable & { readonly fd: number } {
  const fd = openNameless()
  ftruncateSync(fd, slots * slotBytes)
  const cell = Buffer.alloc(markBytes)
  const recalled = Buffer.alloc(slotBytes - recallOffset)
  let open = true
  return {
    fd,
    read(id) {
      if (!open || readSync(fd, cell, 0, markBytes, (id & slotMask) * slotBytes) !== markBytes) return undefined
      return cell.readDoubleLE(8) === id ? cell.readDoubleLE(0) : undefined
    },
    recall(id) {
      recalled.writeDoubleLE(id)
      if (open) writeSync(fd, recalled, 0, recalled.length, (id & slotMask) * slotBytes + recallOffset)
    },
    close() {
      if (open) closeSync(fd)
      open = false
    },
  }
}

/** In memory where the system has a file system there: a host maps the table, and marks must not wait for a disk. */
function openNameless(): number {
  try {
    return openIn('/dev/shm')
  } catch {
    // There is none, or none that may be written to.
    return openIn(tmpdir())
  }
}

function openIn(folder: string): number {
  const path = join(folder, `pelton-begun-${randomUUID()}`)
  const fd = openSync(path, 'wx+', 0o600)
  rmSync(path)
  return fd
}

/** The child's side of a table file. */
export function openBegunFile(fd: number): BegunMarks {
  const cell = Buffer.alloc(markBytes)
  return {
    mark(id) {
      cell.writeDoubleLE(monotonicMs(), 0)
      cell.writeDoubleLE(id, 8)
      writeSync(fd, cell, 0, markBytes, (id & slotMask) * slotBytes)
    },
  }
}
