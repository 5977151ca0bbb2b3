import { isUtf8 } from 'node:buffer'
import { open } from 'node:fs/promises'
import type { ConfigFault } from './config-fault.ts'
import { maxFileBytes } from './parse-yaml.ts'

/** Text of a file, or the fault that kept it from being read. */
export type TextReading = { text: string } | { fault: ConfigFault }

/** Reads a configuration file of at most 1 MiB. */
export async function readConfigText(file: string): Promise<TextReading> {
  const read = await readStart(file, maxFileBytes + 1)
  if ('reason' in read) return { fault: toFault(file, read.reason) }
  const { bytes } = read
  if (bytes.length > maxFileBytes)
    return { fault: toFault(file, `larger than ${maxFileBytes} bytes, which no configuration is`) }
  const text = bytes.toString()
  if (isUtf8(bytes) && !bytes.includes(0)) return { text }
  return { fault: { ...toFault(file, 'is no text in UTF-8: save it in that encoding'), ...lineOfFault(text) } }
}

/** Where the first character stands that could not be read; of another encoding altogether no line is right. */
function lineOfFault(text: string): { line?: number } {
  const at = text.search(/[\uFFFD\0]/)
  return at < 1 || text.includes('\0') ? {} : { line: text.slice(0, at).split('\n').length }
}

/** Reads the first MiB of a source file, in which an inline block has to stand. */
export async function readSourceText(file: string): Promise<TextReading> {
  const read = await readStart(file, maxFileBytes)
  return 'reason' in read ? { fault: toFault(file, read.reason) } : { text: read.bytes.toString() }
}

function toFault(file: string, message: string): ConfigFault {
  return { severity: 'error', file, path: '', message }
}

async function readStart(file: string, most: number): Promise<{ bytes: Buffer } | { reason: string }> {
  try {
    // A pipe or a device could keep the reader waiting for ever.
    await using handle = await open(file)
    const facts = await handle.stat()
    if (!facts.isFile()) return { reason: 'not a file' }
    const bytes = Buffer.alloc(Math.min(most, facts.size))
    let length = 0
    while (length < bytes.length) {
      const { bytesRead } = await handle.read(bytes, length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return { bytes: bytes.subarray(0, length) }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    return { reason: code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code})` }
  }
}
