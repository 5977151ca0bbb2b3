import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { errors } from './errors.ts'

const maxBytes = 1024 * 1024

/** Variables of an environment file, and which file it was. */
export interface EnvFile {
  /** Absent when there is none. */
  file?: string
  values: Record<string, string>
}

/** Reads the file that was named, else `.env` beside the function if it is there. Throws `env_file_unreadable`. */
export async function readEnvFile(named: string | undefined, folder: string): Promise<EnvFile> {
  const file = named ?? join(folder, '.env')
  try {
    const text = await readFile(file, 'utf8')
    if (text.length > maxBytes) throw errors.env_file_unreadable({ file, reason: 'it is larger than 1 MiB' })
    return { file, values: { ...parseEnv(text) } as Record<string, string> }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' && named === undefined) return { values: {} }
    if (code === undefined || !/^E[A-Z]+$/.test(code)) throw error
    throw errors.env_file_unreadable({ file, reason: code === 'ENOENT' ? 'there is no such file' : code }, error)
  }
}

/** What the function gets: the function's own `env` wins over the shell, and the shell over the file. */
export function mergeEnv(
  file: Record<string, string>,
  shell: Readonly<Record<string, string | undefined>>,
  own: Record<string, string>,
): Record<string, string> {
  const unset = Object.entries(file).filter(([name]) => shell[name] === undefined)
  return { ...Object.fromEntries(unset), ...own }
}

/** Hands the function's `OTEL_*` variables to the process too: in a container they would be its own, and the exporter reads them there. */
export function adoptTracingEnv(
  own: Readonly<Record<string, string>>,
  target: Record<string, string | undefined> = process.env,
): void {
  for (const [name, value] of Object.entries(own)) {
    if (name.startsWith('OTEL_')) target[name] = value
  }
}
