import { closeSync, ftruncateSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { randomUUID } from 'node:crypto'
import { FrameBreach } from './frame.ts'

/** Bodies from this size on are worth a region of shared memory. */
export const regionBodyBytes = 256 * 1024

/** Unit of offsets in shared memory. */
export const pageBytes = 4096

/** Where a body lies in shared memory, in pages of 4,096 bytes. */
export interface Region {
  page: number
  pages: number
}

/** Shared memory for the bodies of one worker's events: the processor writes, the host maps what it is told of. */
export interface BodyMemory {
  /** Descriptor that the host inherits. */
  readonly fd: number
  /** Puts a body into a region that nobody uses; undefined when there is no room, for which the reason was reported. */
  place(pieces: readonly Uint8Array[]): Region | undefined
  /** The host is done with the body in the region of this page. */
  release(page: number): void
  /** The handler still holds the region: it is not written to until `restore`. Throws `FrameBreach` when it is none in use. */
  keep(page: number): void
  /** Nobody holds a kept region any more. Throws `FrameBreach` when it was not kept. */
  restore(page: number): void
  close(): void
}

/** What shared memory may take. */
export interface BodyMemoryLimits {
  /** Folder of a memory file system. */
  folder: string
  maxBytes: number
  maxRegions: number
}

const standardLimits: BodyMemoryLimits = { folder: '/dev/shm', maxBytes: 128 * 1024 * 1024, maxRegions: 64 }

interface Place extends Region {
  state: 'free' | 'used' | 'kept'
}

/**
 * Shared memory in a file that has no name any more; undefined where the system has none. `warn` is told once why bodies
 * go by the socket instead.
 */
export function createBodyMemory(
  warn: (reason: string) => void,
  limits: Partial<BodyMemoryLimits> = {},
): BodyMemory | undefined {
  const all = { ...standardLimits, ...limits }
  try {
    const path = `${all.folder}/pelton-${randomUUID()}`
    const fd = openSync(path, 'wx+', 0o600)
    rmSync(path)
    return new FileMemory(fd, all, warn)
  } catch {
    // No memory file system, as on macOS, or none that may be written to: then bodies go by the socket.
    return undefined
  }
}

class FileMemory implements BodyMemory {
  readonly fd: number
  readonly #limits: BodyMemoryLimits
  readonly #warn: (reason: string) => void
  readonly #places = new Map<number, Place>()
  #endPage = 0
  #warned = false
  #open = true

  constructor(fd: number, limits: BodyMemoryLimits, warn: (reason: string) => void) {
    this.fd = fd
    this.#limits = limits
    this.#warn = warn
  }

  place(pieces: readonly Uint8Array[]): Region | undefined {
    if (!this.#open) return undefined
    const pages = pagesFor(pieces.reduce((sum, { length }) => sum + length, 0))
    try {
      const place = this.#free(pages) ?? this.#grow(pages)
      if (place === undefined) return undefined
      let at = place.page * pageBytes
      for (const piece of pieces) {
        writeAll(this.fd, piece, at)
        at += piece.length
      }
      place.state = 'used'
      return { page: place.page, pages: place.pages }
    } catch (error) {
      return this.#giveUp(`it cannot be written: ${String(error)}`)
    }
  }

  release(page: number): void {
    const place = this.#places.get(page)
    if (place === undefined) return
    place.state = place.state === 'kept' ? 'kept' : 'free'
  }

  keep(page: number): void {
    const place = this.#places.get(page)
    if (place?.state !== 'used') throw new FrameBreach(`a region at page ${page} that is kept but not in use`)
    place.state = 'kept'
  }

  restore(page: number): void {
    const place = this.#places.get(page)
    if (place?.state !== 'kept') throw new FrameBreach(`a region at page ${page} that is restored but was not kept`)
    place.state = 'free'
  }

  close(): void {
    if (this.#open) closeSync(this.fd)
    this.#open = false
  }

  #free(pages: number): Place | undefined {
    let best: Place | undefined
    for (const place of this.#places.values()) {
      if (place.state === 'free' && place.pages >= pages && place.pages < (best?.pages ?? Infinity)) best = place
    }
    return best
  }

  #grow(pages: number): Place | undefined {
    const { folder, maxBytes, maxRegions } = this.#limits
    const end = (this.#endPage + pages) * pageBytes
    if (this.#places.size >= maxRegions) return this.#giveUp(`${maxRegions} bodies lie there already`)
    if (end > maxBytes) return this.#giveUp(`more than ${maxBytes} bytes would lie there`)
    const { bavail, blocks, bsize } = statfsSync(folder)
    // A quarter stays free for others: who writes to a full memory file system is killed, not told.
    if (bavail * bsize - pages * pageBytes < (blocks * bsize) / 4) return this.#giveUp(`${folder} is nearly full`)
    ftruncateSync(this.fd, end)
    const place: Place = { page: this.#endPage, pages, state: 'free' }
    this.#endPage += pages
    this.#places.set(place.page, place)
    return place
  }

  #giveUp(reason: string): undefined {
    if (!this.#warned) this.#warn(reason)
    this.#warned = true
    return undefined
  }
}

/** Powers of two, so that bodies of about one size share their regions; what is not written takes no memory. */
function pagesFor(bytes: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(bytes, regionBodyBytes) / pageBytes))
}

function writeAll(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done, bytes.length - done, position + done)
}
