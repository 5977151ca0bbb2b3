import { realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import type { JobOutput } from './job-output.ts'
import { KeptBody } from './kept-body.ts'

/**
 * Writes beside the file and puts the result into its place when the job is over, so that no reader sees a part of it.
 * Rejects with the system's error when that cannot be done there.
 */
export async function openFileOutput(named: string): Promise<JobOutput> {
  const file = await trueFile(named)
  const kept = new KeptBody(path.dirname(file), file)
  await kept.prepare()
  return {
    take: (body) => kept.keep(body),
    async close() {
      try {
        await kept.whole?.publish()
      } finally {
        await kept.discard()
      }
    },
  }
}

/** A link stays one: what it leads to is replaced. */
async function trueFile(named: string): Promise<string> {
  try {
    const file = await realpath(named)
    if ((await stat(file)).isDirectory()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' })
    return file
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return named
  }
}
