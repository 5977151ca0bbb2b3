import { isPeltonError } from '@pelton/core'
import { errors } from './errors.ts'
import { exitCodes } from './exit-codes.ts'
import type { Paint } from './screen/paint.ts'

/** How an error is shown. */
export interface ErrorReportOptions {
  paint: Paint
  version: string
  /** Shows the chain of causes with their stacks; `--log-level debug`. */
  verbose?: boolean
  /** Nobody caught it: a defect, whatever it is. */
  isDefect?: boolean
}

/** The text of an error and the exit code that goes with it. Only a defect of Pelton shows its stack. */
export function describeError(error: unknown, options: ErrorReportOptions): { text: string; exitCode: number } {
  if (isPeltonError(error) && error.blame !== 'bug' && !options.isDefect) {
    const lines = [
      `${options.paint('red', 'error')} ${error.message}`,
      `  ${error.help} ${options.paint('dim', `(${error.code})`)}`,
    ]
    if (options.verbose) lines.push(...causesOf(error))
    return {
      text: `${lines.join('\n')}\n`,
      exitCode: exitCodeOf(error.code),
    }
  }
  return { text: describeBug(error, options), exitCode: exitCodes.bug }
}

/** The same as one log record, for logs that machines read. */
export function describeRecord(
  error: unknown,
  verbose: boolean,
): { message: string; facts: Record<string, unknown>; exitCode: number } {
  const isDefect = !isPeltonError(error) || error.blame === 'bug'
  const details = isDefect || verbose ? [stackOf(error), ...causesOf(error).map((line) => line.trim())] : []
  return {
    message: error instanceof Error ? error.message : String(error),
    facts: {
      ...(isPeltonError(error) ? { code: error.code, help: error.help } : { code: 'defect' }),
      ...(details.length > 0 ? { details } : {}),
    },
    exitCode: isDefect ? exitCodes.bug : exitCodeOf(error.code),
  }
}

function exitCodeOf(code: string): number {
  return code === errors.wrong_usage.code ? exitCodes.usage : exitCodes.failed
}

function describeBug(error: unknown, { paint, version }: ErrorReportOptions): string {
  const code = isPeltonError(error) ? ` (${error.code})` : ''
  return [
    `${paint('red', 'bug')} Pelton ${version} failed in a way that is its own fault${code}. Please report it with these lines:`,
    `  Node.js ${process.version} on ${process.platform} ${process.arch}`,
    `  ${stackOf(error).replaceAll('\n', '\n  ')}`,
    ...causesOf(error),
    '',
  ].join('\n')
}

const maxCauses = 8

function causesOf(error: unknown): string[] {
  const lines: string[] = []
  let cause = error instanceof Error ? error.cause : undefined
  while (cause !== undefined && lines.length < maxCauses) {
    lines.push(`  caused by ${stackOf(cause).replaceAll('\n', '\n  ')}`)
    cause = cause instanceof Error ? cause.cause : undefined
  }
  return lines
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
