import { randomUUID } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * A body as something that a command reads: a file without a name, which a command may leave unread, read twice or open as
 * `/dev/stdin`. Undefined for an empty body. Whoever opened it closes it; rejects when the disk has no room.
 */
export async function openInput(body: Uint8Array): Promise<FileHandle | undefined> {
  if (body.length === 0) return undefined
  const path = join(tmpdir(), `pelton-input-${randomUUID()}`)
  const writing = await open(path, 'wx', 0o600)
  try {
    const reading = await openUnnamed(path)
    await writing.writeFile(body).catch(async (error: unknown) => {
      await reading.close()
      throw error
    })
    return reading
  } finally {
    await writing.close()
  }
}

/** Opens a file and takes its name away, so that nothing is left of it when this process is killed. */
async function openUnnamed(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r')
  } finally {
    await rm(path, { force: true })
  }
}
