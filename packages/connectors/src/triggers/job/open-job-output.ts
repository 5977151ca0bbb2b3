import { stat } from 'node:fs/promises'
import path from 'node:path'
import type { Clock } from '@pelton/core'
import { openDirectOutput } from './direct-output.ts'
import { openFileOutput } from './file-output.ts'
import type { JobOutput } from './job-output.ts'
import { openFailed } from './output-fault.ts'
import { openSpecialFile, standardOutput } from './output-target.ts'

/** Which output is meant. */
export interface OutputRequest {
  /** As configured: a file, `-`, or nothing. */
  target: string
  /** Relative files start here. */
  folder: string
  trigger: string
  clock: Clock
}

/** Opens the output, so that a place which cannot be written to is known before the job begins: `output_unwritable`. */
export async function openJobOutput({ target, folder, trigger, clock }: OutputRequest): Promise<JobOutput> {
  if (target === '') return nowhere
  if (target === '-' || target === '/dev/stdout') return openDirectOutput(standardOutput(process.stdout))
  const file = path.resolve(folder, target)
  try {
    const found = await stat(file).catch(ignoreMissing)
    if (found && !found.isFile() && !found.isDirectory()) return openDirectOutput(await openSpecialFile(file, clock))
    return await openFileOutput(file)
  } catch (error) {
    throw openFailed(trigger, file, error)
  }
}

/** Its producer waits for a reader. */
const nowhere: JobOutput = {
  async take(body) {
    for await (const _chunk of body);
  },
  async close() {},
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
