import { resolve } from 'node:path'
import type { EventData, HandlerCheck, Runtime, WorkerSpec } from '@pelton/core'
import { type Reading, findHeader, readResult, reasonOf } from '@pelton/sdk/host'
import type { Command } from '@pelton/protocols/process'
import { errors } from '../errors.ts'
import type { OutcomeFacts } from './command-outcome.ts'
import type { ShellAttributes } from './config.ts'
import { defaultPath, eventVariables } from './event-variables.ts'
import { type Program, findProgram } from './find-program.ts'
import { type OutputPipes, createOutputPipes } from './output-pipes.ts'
import { ShellWorker } from './shell-worker.ts'
import { splitArguments } from './split-arguments.ts'

/** What a command may print: as much as any worker may answer at once. */
const maxOutputBytes = 256 * 1024 * 1024

/** Runs a script or a command for each event, a process each. */
export const shellRuntime: Runtime = {
  async spawn(spec, signal) {
    signal?.throwIfAborted()
    const { program, env } = programOf({ ...spec.function, env: spec.env })
    const facts = outcomeFacts(spec, program)
    const pipes = await openPipes()
    const commandFor = (event: EventData): Command => ({
      command: program.command,
      args: [...program.args, ...argumentsFor(event, spec, program)],
      env: { ...env, ...eventVariables(event, spec.triggerClass) },
      cwd: spec.function.folder,
    })
    return new ShellWorker({ spec, pipes, facts, commandFor })
  },
}

/** What runs for each event of a function, and in which environment. Throws as `findProgram` does. */
export function programOf(given: Pick<HandlerCheck, 'folder' | 'handler' | 'env'>): {
  program: Program
  env: Record<string, string>
} {
  const env = { PATH: defaultPath, ...given.env }
  return { program: findProgram(given.handler, { folders: foldersOf(given), path: env.PATH }), env }
}

/** The function's own, and the one that images for nuclio name. */
function foldersOf({ folder, env }: Pick<HandlerCheck, 'folder' | 'env'>): string[] {
  const named = env['NUCLIO_SHELL_HANDLER_DIR'] ?? process.env['NUCLIO_SHELL_HANDLER_DIR']
  return named ? [folder, resolve(folder, named)] : [folder]
}

function argumentsFor(event: EventData, { attributes, compat }: WorkerSpec, { isScript }: Program): string[] {
  const given = findHeader(event.headers, 'x-nuclio-arguments')
  const text = given || ((attributes as Partial<ShellAttributes>).arguments ?? '')
  return splitArguments(text, isScript && compat !== 'none')
}

function outcomeFacts({ attributes, compat, exposeErrors }: WorkerSpec, { command, args }: Program): OutcomeFacts {
  // Read like any handler's, so that the same headers are refused.
  const headers = (attributes as Partial<ShellAttributes>).responseHeaders
  const reading = readResult({ status: 200, headers, body: '' }, 'none') as Reading
  if ('failure' in reading) throw errors.response_headers_invalid({ reason: reading.failure })
  const { headers: list, contentType } = reading.response
  return { command: args.at(-1) ?? command, compat, exposeErrors, headers: list, contentType, maxOutputBytes }
}

async function openPipes(): Promise<OutputPipes> {
  try {
    return await createOutputPipes()
  } catch (error) {
    throw errors.output_pipe_missing({ reason: reasonOf(error) }, error)
  }
}
