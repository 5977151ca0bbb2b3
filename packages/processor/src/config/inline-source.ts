import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { parseHandler } from '@pelton/core'

/** Decodes `spec.build.functionSourceCode`, with nuclio's line ends; undefined when it is no base64. */
export function decodeSource(base64: string): string | undefined {
  const compact = base64.replaceAll(/\s/g, '')
  if (!/^[\w+/-]+={0,2}$/.test(compact)) return undefined
  return Buffer.from(compact, 'base64').toString().replaceAll('\r\n', '\n')
}

/** The file name for a source without a file: the handler's module, with the runtime's ending. */
export function sourceName(handler: string, extensions: readonly string[]): string {
  const module = path.basename(parseHandler(handler)?.module || 'handler')
  if (extensions.includes(path.extname(module))) return module
  return module + (extensions.includes('.js') ? '.js' : (extensions[0] ?? ''))
}

/**
 * Writes a source into a folder of its own in the user's cache and gives that folder. The same source has the same
 * folder, so that reading again (`--watch`) leaves nothing behind.
 */
export async function keepSource(code: string, name: string, cache: string = cacheFolder()): Promise<string> {
  const hash = createHash('sha256').update(name).update('\0').update(code).digest('hex').slice(0, 32)
  const folder = path.join(cache, 'sources', hash)
  const file = path.join(folder, name)
  const kept = await readFile(file, 'utf8').catch(() => undefined)
  if (kept === code) return folder
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const draft = path.join(folder, `.${name}.${process.pid}`)
  await writeFile(draft, code, { mode: 0o600 })
  await rename(draft, file)
  return folder
}

function cacheFolder(): string {
  return path.join(process.env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache'), 'pelton')
}
