import { delimiter, resolve } from 'node:path'
import { errors } from '../errors.ts'
import { readStamp, venvOf, venvPython } from './function-venv.ts'
import { isProgram } from './is-program.ts'
import { behindShim } from './pyenv-shim.ts'
import { isOfVersion, isTooOld, versionOf } from './python-version.ts'

/** Which interpreter is sought. */
export interface PythonSearch {
  /** Absolute; the function's. */
  folder: string
  /** As configured: `python:3.11`. */
  runtime: string
  /** The function's `spec.env`; it wins over the environment. */
  env: Readonly<Record<string, string | undefined>>
  /** Default: this process's environment. */
  environment?: Readonly<Record<string, string | undefined>>
}

/** An interpreter that is there and may be executed. */
export interface FoundPython {
  /** Absolute path. */
  python: string
  /** The version that `spec.runtime` names and this one is not, as far as files tell. */
  differsFrom?: string
}

const namedBy = ['PELTON_PYTHON', 'NUCLIO_PYTHON_EXE_PATH'] as const
const isWindows = process.platform === 'win32'

/**
 * Finds the interpreter of a function by looking at files only: what `PELTON_PYTHON` or `NUCLIO_PYTHON_EXE_PATH` names, the
 * function's `.venv`, the named version on PATH, `python3`, `python`. Throws `python_missing` or `python_too_old`.
 */
export function findPython(search: PythonSearch): FoundPython {
  const { folder } = search
  const venv = venvPython(folder)
  const named = findNamed(search)
  // An environment that was installed on the named interpreter is that one, with what the function needs.
  if (named !== undefined) {
    return { python: venv !== undefined && readStamp(venvOf(folder))?.base === named ? venv : named }
  }
  return venv === undefined ? findOnPath(search, [venvOf(folder)]) : judge(venv, search.runtime)
}

/** The same without the function's `.venv`: the interpreter to make that one with. */
export function findBasePython(search: PythonSearch): FoundPython {
  const named = findNamed(search)
  return named === undefined ? findOnPath(search, []) : { python: named }
}

function findNamed(search: PythonSearch): string | undefined {
  const environment = environmentOf(search)
  for (const variable of namedBy) {
    const value = environment[variable]
    if (!value) continue
    const isName = !/[\\/]/.test(value)
    // A path in the function's file starts at its folder, one in the shell where the shell is.
    const base = search.env[variable] === undefined ? process.cwd() : search.folder
    const found = isName ? firstOnPath([value], environment, search.folder) : resolve(base, value)
    if (found !== undefined && isProgram(found)) return found
    throw errors.python_missing({ tried: [`${variable}=${value}`] })
  }
  return undefined
}

function findOnPath(search: PythonSearch, tried: readonly string[]): FoundPython {
  const names = [...versionNames(search.runtime), 'python3', 'python']
  const python = firstOnPath(names, environmentOf(search), search.folder)
  if (python !== undefined) return judge(python, search.runtime)
  throw errors.python_missing({ tried: [...tried, ...names.map((name) => `${name} on PATH`)] })
}

function judge(python: string, runtime: string): FoundPython {
  const version = versionOf(python)
  if (version !== undefined && isTooOld(version)) throw errors.python_too_old({ python, version })
  const wanted = wantedVersion(runtime)
  return wanted === '' || isOfVersion(version, wanted) ? { python } : { python, differsFrom: wanted }
}

function wantedVersion(runtime: string): string {
  return runtime.split(':', 2)[1] ?? ''
}

/** `python:3.11.4` is `python3.11`; one that Pelton does not run is not even tried. */
function versionNames(runtime: string): string[] {
  const version = /^(3\.\d+)(?:\.|$)/.exec(wantedVersion(runtime))?.[1]
  return version === undefined || isTooOld(version) ? [] : [`python${version}`]
}

function environmentOf({ environment = process.env, env }: PythonSearch): Record<string, string | undefined> {
  return { ...environment, ...env }
}

function firstOnPath(
  names: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  folder: string,
): string | undefined {
  const folders = (environment['PATH'] ?? '').split(delimiter).filter((one) => one !== '')
  for (const name of names) {
    for (const one of folders) {
      const program = resolve(one, isWindows ? `${name}.exe` : name)
      const real = isProgram(program) ? behindShim(program, environment, folder) : undefined
      if (real !== undefined) return real
    }
  }
  return undefined
}
