import { defineShared } from '@pelton/core'
import type { FrameStream } from './frame-stream.ts'

/** The streams of a processor by the address that serves them, so that one page shows all of a port. */
export const streamsByPort = defineShared('mjpeg-streams', () => new StreamsByPort())

class StreamsByPort {
  readonly #streams = new Map<string, Set<FrameStream>>()

  /** Those of one address, sorted by path. */
  at(address: string): FrameStream[] {
    return [...(this.#streams.get(address) ?? [])].toSorted((one, other) => (one.path < other.path ? -1 : 1))
  }

  /** Adds a stream; gives how to take it away. */
  add(address: string, stream: FrameStream): () => void {
    const streams = this.#streams.get(address) ?? new Set()
    this.#streams.set(address, streams.add(stream))
    return () => {
      streams.delete(stream)
      if (streams.size === 0) this.#streams.delete(address)
    }
  }
}
