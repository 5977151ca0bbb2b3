import { resolve } from 'node:path'
import type { FunctionConfig } from '@pelton/processor'
import { errors } from '../errors.ts'
import { type JobWords, findJob, withJobWords } from '../function/job-trigger.ts'
import type { Terminal } from '../terminal.ts'

/** What the command line may say about a function's job, as it was typed. */
export interface JobOptions {
  /** A JSON file; `-` is standard input. */
  eventFile?: string
  /** As for `pelton invoke`. */
  body?: string
  /** A file, or `-` for standard output. */
  output?: string
}

/**
 * Gives back what puts the options into a configuration. Files are read when it is called for the first time, after it
 * is known that there is a job; throws `wrong_usage` and what reading them throws.
 */
export function createJobChange(
  options: JobOptions,
  terminal: Pick<Terminal, 'cwd' | 'stdin'>,
): (config: FunctionConfig) => Promise<FunctionConfig> {
  const flags = flagsOf(options)
  let words: Promise<JobWords> | undefined
  return async (config) => {
    if (flags.length === 0) return config
    const job = findJob(config, flags)
    words ??= readWords(options, terminal)
    return withJobWords(config, job, await words)
  }
}

function flagsOf({ eventFile, body, output }: JobOptions): string[] {
  const given = { '--event-file': eventFile, '--body': body, '--output': output }
  return Object.entries(given).flatMap(([flag, value]) => (value === undefined ? [] : [flag]))
}

async function readWords(options: JobOptions, terminal: Pick<Terminal, 'cwd' | 'stdin'>): Promise<JobWords> {
  const { eventFile, output } = options
  if (eventFile === '-' && ['-', '@-'].includes(options.body ?? '')) {
    throw errors.wrong_usage({ reason: '--event-file and --body: only one of them can be standard input' })
  }
  if (output === '') throw errors.wrong_usage({ reason: '--output: expected a file, or - for standard output, got ""' })
  const [{ readEventFile }, { readBody }] = await Promise.all([
    import('./read-event-file.ts'),
    import('./read-body.ts'),
  ])
  const event = eventFile === undefined ? undefined : await readEventFile(eventFile, terminal)
  const body = await readBody(options.body, terminal)
  return {
    ...(event === undefined ? {} : { event }),
    ...(body === undefined ? {} : { body }),
    ...(output === undefined ? {} : { output: output === '-' ? '-' : resolve(terminal.cwd, output) }),
  }
}
