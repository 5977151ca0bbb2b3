import type { Outcome, Response } from '@pelton/core'
import { exitCodes } from '../exit-codes.ts'
import { describeError } from '../report-error.ts'
import type { Terminal } from '../terminal.ts'
import { readVersion } from '../version.ts'

const newline = 0x0a

/** Writes the body to stdout as it comes, all else to stderr. Resolves with 0 for a status below 400, else 1. */
export async function showAnswer(outcome: Outcome, terminal: Terminal): Promise<number> {
  if (outcome.status === 'failed') {
    const { text } = describeError(outcome.error, { paint: terminal.paint, version: readVersion() })
    terminal.say(`${terminal.paint('red', String(outcome.error.status))} no answer\n${text}`)
    return exitCodes.failed
  }
  const { response } = outcome
  terminal.say(describeHead(response, terminal))
  // Otherwise the head would come after the body, or between its parts.
  terminal.flush()
  try {
    let last: number | undefined
    for await (const part of parts(response.body)) {
      await terminal.result(part)
      last = part.at(-1) ?? last
    }
    // For the eyes only: the next prompt begins a line. What is piped stays as it is, byte for byte.
    if (terminal.resultColumns !== undefined && last !== undefined && last !== newline) await terminal.result('\n')
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
