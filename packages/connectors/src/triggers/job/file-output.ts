import { realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import type { JobOutput } from './job-output.ts'
import { KeptBody } from './kept-body.ts'

/**
 * Writes beside the file and puts the result into its place when the job is over, so that no reader sees a part of it.
 * Rejects with the system's error when that cannot be done there.
 */
export async function openFileOutput(named: string): Promise<JobOutput> {
  const { file, mode } = await trueFile(named)
  const kept = new KeptBody(path.dirname(file), file, mode)
  await kept.prepare()
  return {
    take: (body) => kept.keep(body),
    async close() {
      try {
        await kept.whole?.publish()
      } finally {
        await kept.close()
      }
    },
  }
}

/** A link stays one: what it leads to is replaced, by a file of the same permissions. */
async function trueFile(named: string): Promise<{ file: string; mode?: number }> {
  try {
    const file = await realpath(named)
    const found = await stat(file)
    if (found.isDirectory()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' })
    return { file, mode: found.mode & 0o777 }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return { file: named }
  }
}
