import { type LogLevel, type Outcome, type Response, createLogger } from '@pelton/core'
import { createCatalogue } from '../catalogue.ts'
import { exitCodes } from '../exit-codes.ts'
import { type FunctionRequest, loadFunction } from '../function/load-function.ts'
import { logWarnings } from '../function/log-warnings.ts'
import { createLogWriter } from '../log/log-writer.ts'
import { describeError } from '../report-error.ts'
import type { Terminal } from '../terminal.ts'
import { readVersion } from '../version.ts'
import { type EventWords, invocationEvent } from './invocation-event.ts'
import { readBody } from './read-body.ts'
import { listenForStop } from './stop-signals.ts'

/** What `pelton invoke` was asked for. */
export interface InvokeOptions extends Omit<EventWords, 'body'> {
  request: FunctionRequest
  terminal: Terminal
  body?: string
  inspect?: string
  logLevel?: LogLevel
}

/** Runs the handler once; its body goes to stdout as it comes. Resolves with 0 for a status below 400, else 1. */
export async function invokeFunction(options: InvokeOptions): Promise<number> {
  const { terminal } = options
  const event = invocationEvent({ ...options, body: await readBody(options.body, terminal) })
  const catalogue = createCatalogue()
  const loaded = await loadFunction(options.request, catalogue)
  const level = options.logLevel ?? loaded.config.logLevel ?? loaded.platform.logLevel ?? 'info'
  const { write } = createLogWriter({ output: terminal.errors, format: 'pretty', level, paint: terminal.paint })
  logWarnings(loaded.warnings, createLogger(write))
  const abort = new AbortController()
  const signals = listenForStop((exitCode) => process.exit(exitCode))
  void signals.first.then(() => abort.abort())
  const { invokeOnce } = await import('@pelton/processor')
  const invocation = await invokeOnce(
    {
      config: loaded.config,
      platform: loaded.platform,
      catalogue,
      writeLog: write,
      logLevel: level,
      kubernetes: loaded.kubernetes,
      ...(options.inspect === undefined ? {} : { inspect: options.inspect }),
    },
    event,
    abort.signal,
  )
  try {
    return await show(invocation.outcome, terminal)
  } finally {
    await invocation.close()
    signals.close()
  }
}

async function show(outcome: Outcome, terminal: Terminal): Promise<number> {
  if (outcome.status === 'failed') {
    const { text } = describeError(outcome.error, { paint: terminal.paint, version: readVersion() })
    terminal.say(`${terminal.paint('red', String(outcome.error.status))} no answer\n${text}`)
    return exitCodes.failed
  }
  const { response } = outcome
  terminal.say(describeHead(response, terminal))
  try {
    for await (const part of parts(response.body)) await terminal.result(part)
    await outcome.finished
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    terminal.say(`${terminal.paint('red', 'broken off')} the body ended early: ${reason}\n`)
    return exitCodes.failed
  }
  return response.status < 400 ? exitCodes.done : exitCodes.failed
}

function describeHead({ status, contentType, headers }: Response, { paint }: Terminal): string {
  const lines = [`${paint(status < 400 ? 'green' : 'red', String(status))} ${contentType}`.trimEnd()]
  for (const [name, value] of headers) lines.push(`${paint('dim', `${name}:`)} ${value}`)
  return `${lines.join('\n')}\n`
}

async function* parts(body: Response['body']): AsyncGenerator<Uint8Array> {
  if (body === undefined) return
  if (body instanceof Uint8Array) yield body
  else yield* body
}
