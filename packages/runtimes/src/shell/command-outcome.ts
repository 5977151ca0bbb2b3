import { constants } from 'node:os'
import type { Compat, HeaderList, Outcome, Response } from '@pelton/core'
import { errors } from '../errors.ts'
import type { CommandEnd } from './command-run.ts'

/** What outcomes of a function's commands have in common. */
export interface OutcomeFacts {
  command: string
  compat: Compat
  exposeErrors: boolean
  headers: HeaderList
  contentType: string
  maxOutputBytes: number
}

const finishedAtOnce = Promise.resolve()

/** Whether the command did what it was to do. */
export function isSuccess(end: CommandEnd): boolean {
  return end.code === 0 && !end.printedTooMuch
}

/** What became of an event whose command has ended: what it printed, or an error. In nuclio files a failure is a response. */
export function commandOutcome(end: CommandEnd, facts: OutcomeFacts): Outcome {
  const { command, maxOutputBytes } = facts
  if (end.failure !== undefined) return failed(errors.command_not_started({ command, reason: end.failure }))
  if (end.printedTooMuch) return failed(errors.output_too_large({ command, maxBytes: maxOutputBytes }))
  if (end.code === 0) return handled(200, end.output, facts)
  if (facts.compat !== 'none') return handled(500, nuclioFailure(end), facts)
  const text = facts.exposeErrors ? `the command ${end.how}:\n${lastLines(end.output)}` : 'the handler failed'
  return failed(errors.handler_failed({ text }))
}

/** The last lines of an output, as text: at most 20 and 4 KiB. */
export function lastLines(output: Buffer): string {
  const text = output.toString('utf8', Math.max(0, output.length - 4096))
  return text.trimEnd().split('\n').slice(-20).join('\n')
}

function failed(error: ReturnType<typeof errors.handler_failed>): Outcome {
  return { status: 'failed', error }
}

function handled(status: number, body: Buffer, { headers, contentType }: OutcomeFacts): Outcome {
  const response: Response = { status, headers: [...headers], contentType, body }
  return { status: 'handled', response, finished: finishedAtOnce }
}

function nuclioFailure({ code, signal, output }: CommandEnd): Buffer {
  const how = signal === null ? `exit status ${code}` : `signal: ${goNames[signal] ?? signalNumber(signal)}`
  return Buffer.concat([Buffer.from(`Failed to run shell command.\nError: ${how}\nOutput:`), output])
}

/** Go's words for signals. */
const goNames: Partial<Record<NodeJS.Signals, string>> = {
  SIGHUP: 'hangup',
  SIGINT: 'interrupt',
  SIGQUIT: 'quit',
  SIGILL: 'illegal instruction',
  SIGTRAP: 'trace/breakpoint trap',
  SIGABRT: 'aborted',
  SIGBUS: 'bus error',
  SIGFPE: 'floating point exception',
  SIGKILL: 'killed',
  SIGUSR1: 'user defined signal 1',
  SIGSEGV: 'segmentation fault',
  SIGUSR2: 'user defined signal 2',
  SIGPIPE: 'broken pipe',
  SIGALRM: 'alarm clock',
  SIGTERM: 'terminated',
}

function signalNumber(signal: NodeJS.Signals): string {
  return `signal ${constants.signals[signal]}`
}
