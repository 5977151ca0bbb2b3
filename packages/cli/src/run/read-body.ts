import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import { formatSize } from '@pelton/core'
import { errors } from '../errors.ts'
import type { Terminal } from '../terminal.ts'

/** Default of the largest body. */
const defaultMaxBytes = 256 * 1024 * 1024

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
  ENOENT: 'there is no such file',
}

/** The bytes that `--body` means: a text, `@FILE`, or `-` or `@-` for standard input. Throws `input_unreadable` or `input_too_large`. */
export async function readBody(
  given: string | undefined,
  { cwd, stdin }: Pick<Terminal, 'cwd' | 'stdin'>,
  maxBytes: number = defaultMaxBytes,
): Promise<Uint8Array | undefined> {
  if (given === undefined) return undefined
  if (given !== '-' && !given.startsWith('@')) return Buffer.from(given)
  return readInput(given === '-' ? given : given.slice(1), { what: 'body', cwd, stdin, maxBytes })
}

/** Where an input comes from, and how messages name it. */
export interface InputFacts extends Pick<Terminal, 'cwd' | 'stdin'> {
  what: 'body' | 'event' | 'input' | 'labels'
  maxBytes?: number
}

/** The bytes of a file, or with `-` of standard input. Throws `input_unreadable` or `input_too_large`. */
export async function readInput(given: string, facts: InputFacts): Promise<Uint8Array> {
  if (given === '-') return readAll(facts.stdin, 'standard input', facts)
  const file = resolve(facts.cwd, given)
  return readAll(createReadStream(file), file, facts)
}

async function readAll(
  source: AsyncIterable<Uint8Array>,
  from: string,
  { what, maxBytes = defaultMaxBytes }: InputFacts,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  try {
    for await (const part of source) {
      length += part.length
      if (length > maxBytes) throw errors.input_too_large({ what, from, limit: formatSize(maxBytes) })
      parts.push(part)
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === undefined || !/^E[A-Z]+$/.test(code)) throw error
    throw errors.input_unreadable({ what, file: from, reason: reasons[code] ?? code }, error)
  }
  return Buffer.concat(parts, length)
}
