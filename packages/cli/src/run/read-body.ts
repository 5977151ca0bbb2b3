import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import { formatSize } from '@pelton/core'
import { errors } from '../errors.ts'
import type { Terminal } from '../terminal.ts'

/** Default of the largest body. */
const defaultMaxBytes = 256 * 1024 * 1024

/** The bytes that `--body` means: a text, `@FILE`, or `-` for standard input. Throws `input_unreadable` or `input_too_large`. */
export async function readBody(
  given: string | undefined,
  { cwd, stdin }: Pick<Terminal, 'cwd' | 'stdin'>,
  maxBytes: number = defaultMaxBytes,
): Promise<Uint8Array | undefined> {
  if (given === undefined) return undefined
  if (given === '-') return readAll(stdin, 'standard input', maxBytes)
  if (!given.startsWith('@')) return Buffer.from(given)
  const file = resolve(cwd, given.slice(1))
  return readAll(createReadStream(file), file, maxBytes)
}

async function readAll(source: AsyncIterable<Uint8Array>, from: string, maxBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  try {
    for await (const part of source) {
      length += part.length
      if (length > maxBytes) throw errors.input_too_large({ from, limit: formatSize(maxBytes) })
      parts.push(part)
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === undefined || !/^E[A-Z]+$/.test(code)) throw error
    throw errors.input_unreadable({ file: from, reason: code === 'ENOENT' ? 'there is no such file' : code }, error)
  }
  return Buffer.concat(parts, length)
}
