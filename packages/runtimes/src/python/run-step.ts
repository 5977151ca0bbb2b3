import type { Readable } from 'node:stream'
import { type Command, startProcess } from '@pelton/protocols/process'
import { logOutput } from '@pelton/protocols/worker'
import { errors } from '../errors.ts'

/** One program of an installation. */
export interface Step extends Command {
  /** In messages: `pip install -r requirements.txt`. */
  what: string
}

/** Who hears of a step and may end it. */
export interface StepControl {
  progress: (line: string) => void
  /** Its reason is told as that of the failure. */
  signal: AbortSignal
}

/** Lines that a failure shows. */
const lastLines = 12

/** Runs a program to its end, its output line by line as progress. Rejects with `install_failed` and the last lines. */
export async function runStep({ what, ...command }: Step, { progress, signal }: StepControl): Promise<void> {
  const lines: string[] = []
  const refuse = (how: string): Error => errors.install_failed({ what, how, lines })
  if (signal.aborted) throw refuse(`was not begun: ${reasonOf(signal)}`)
  const { child, ended, kill } = startProcess(command, ['ignore', 'pipe', 'pipe'])
  const log = ({ message }: { message: string }): void => {
    lines.push(message)
    if (lines.length > lastLines) lines.shift()
    progress(message)
  }
  for (const stream of [child.stdout, child.stderr]) logOutput(stream as Readable, 'info', { log, worker: 0 })
  signal.addEventListener('abort', kill, { once: true })
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const end = await ended
  // What the program has started is killed with it, so that nothing holds its output open.
  if (end.failure === undefined) await closed
  signal.removeEventListener('abort', kill)
  if (signal.aborted) throw refuse(`was ended: ${reasonOf(signal)}`)
  if (end.code !== 0) throw refuse(end.how)
}

function reasonOf({ reason }: AbortSignal): string {
  return reason instanceof Error ? reason.message : String(reason)
}
