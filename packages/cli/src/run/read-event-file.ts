import { resolve } from 'node:path'
import { type ConfiguredEvent, checkConfiguredEvent, configuredEvent, decode, formatPath } from '@pelton/core'
import { errors } from '../errors.ts'
import type { Terminal } from '../terminal.ts'
import { readInput } from './read-body.ts'

/** The event that a JSON file describes; `-` is standard input. Throws `event_file_invalid` with all its faults. */
export async function readEventFile(
  given: string,
  { cwd, stdin }: Pick<Terminal, 'cwd' | 'stdin'>,
): Promise<ConfiguredEvent> {
  const file = given === '-' ? 'standard input' : resolve(cwd, given)
  const bytes = await readInput(given, { what: 'event', cwd, stdin })
  const { value, faults } = decode(configuredEvent, parseJson(bytes, file))
  const messages = faults.map(({ path, message, suggestion }) => {
    const hint = suggestion === undefined ? '' : `, did you mean ${suggestion}?`
    return `${place(file, path)}: ${message}${hint}`
  })
  const notes = value ? checkConfiguredEvent(value) : []
  // Their paths begin with the attribute, which here is the file.
  messages.push(...notes.map(({ path, message }) => `${place(file, path.slice(1))}: ${message}`))
  if (!value || messages.length > 0) throw errors.event_file_invalid({ faults: messages })
  return value
}

function place(file: string, path: readonly (string | number)[]): string {
  return path.length === 0 ? file : `${file} ${formatPath(path)}`
}

function parseJson(bytes: Uint8Array, file: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown
  } catch (error) {
    throw errors.event_file_invalid({ faults: [`${file}: is not JSON: ${(error as Error).message}`] }, error)
  }
}
