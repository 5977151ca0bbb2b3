import { type LogLevel, createLogger } from '@pelton/core'
import { createCatalogue } from '../catalogue.ts'
import { type FunctionRequest, loadFunction } from '../function/load-function.ts'
import { logWarnings } from '../function/log-warnings.ts'
import { createLogWriter } from '../log/log-writer.ts'
import type { Terminal } from '../terminal.ts'
import { type EventWords, invocationEvent } from './invocation-event.ts'
import { createPatience } from './patience.ts'
import { readBody } from './read-body.ts'
import { showAnswer } from './show-answer.ts'
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
  const endNow = (exitCode: number): void => {
    terminal.flush()
    process.exit(exitCode)
  }
  const signals = listenForStop(endNow)
  const patience = createPatience({ signals, terminal, endNow })
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
    patience.signal,
  )
  patience.answered()
  try {
    return await showAnswer(invocation.outcome, terminal)
  } finally {
    await invocation.close()
    patience.close()
    signals.close()
  }
}
