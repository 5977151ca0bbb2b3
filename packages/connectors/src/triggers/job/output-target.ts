import { constants, open } from 'node:fs/promises'
import type { Writable } from 'node:stream'
import type { Bytes, Clock } from '@pelton/core'
import { writeFailed } from './output-fault.ts'

/** Something that takes bytes as they come: a pipe, a device. */
export interface OutputTarget {
  /** How failures name it. */
  readonly name: string
  /** Resolves when its reader has room again; rejects with `output_failed`. */
  write(chunk: Bytes): Promise<void>
  close(): Promise<void>
}

/** The stream of a process, which stays open. */
export function standardOutput(stream: Writable): OutputTarget {
  // Each write is told its own failure; without a listener the stream's event would be an uncaught exception.
  if (!stream.listeners('error').includes(ignoreError)) stream.on('error', ignoreError)
  const name = 'standard output'
  return {
    name,
    write: (chunk) =>
      new Promise((resolve, reject) => {
        stream.write(chunk, (error) => (error ? reject(writeFailed(name, error)) : resolve()))
      }),
    async close() {},
  }
}

function ignoreError(): void {}

const busyMs = 10

/** A named pipe or a device. It must never block a thread, so a full pipe is asked again. Rejects with the system's error. */
export async function openSpecialFile(file: string, clock: Clock): Promise<OutputTarget> {
  const handle = await open(file, constants.O_WRONLY | constants.O_NONBLOCK)
  const writeSome = async (chunk: Bytes): Promise<number> => {
    try {
      return (await handle.write(chunk)).bytesWritten
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw writeFailed(file, error)
      await clock.sleep(busyMs)
      return 0
    }
  }
  return {
    name: file,
    async write(chunk) {
      for (let from = 0; from < chunk.length;) from += await writeSome(chunk.subarray(from))
    },
    close: () => handle.close(),
  }
}
