import { readFileSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** The oldest Python whose workers are supported: its minor version, of Python 3. */
const oldestMinor = 9

/** The version of an interpreter (`3.11` or `3.11.2`) as far as files tell it: its virtual environment, or the name behind its links. */
export function versionOf(python: string): string | undefined {
  return venvVersion(dirname(dirname(python))) ?? nameVersion(realpathSync(python))
}

/** Whether workers cannot run on it. */
export function isTooOld(version: string): boolean {
  const [major = 0, minor = oldestMinor] = version.split('.').map(Number)
  return major < 3 || (major === 3 && minor < oldestMinor)
}

/** Whether a version is the wanted one; of that no more than the minor counts. */
export function isOfVersion(version: string | undefined, wanted: string): boolean {
  const exact = /^\d+(?:\.\d+)?/.exec(wanted)?.[0]
  return exact !== undefined && version !== undefined && `${version}.`.startsWith(`${exact}.`)
}

function nameVersion(real: string): string | undefined {
  return /^python(\d+\.\d+)(?:\.exe)?$/.exec(basename(real))?.[1]
}

/** `version = 3.11.2`, or `version_info = 3.11.2.final.0` as other tools write it. */
function venvVersion(folder: string): string | undefined {
  try {
    const text = readFileSync(join(folder, 'pyvenv.cfg'), 'utf8')
    return /^version(?:_info)?\s*=\s*(\d+\.\d+(?:\.\d+)?)/m.exec(text)?.[1]
  } catch {
    // It is no virtual environment.
    return undefined
  }
}
