import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import type { InstallDependencies, InstallRequest } from '@pelton/core'
import { isPeltonError, systemClock } from '@pelton/core'
import { errors } from '../errors.ts'
import { findBasePython } from './find-python.ts'
import {
  readStamp,
  stampFile,
  unfinishedMark,
  type VenvStamp,
  isVenv,
  venvOf,
  venvProgram,
  venvPython,
} from './function-venv.ts'
import { type Requirements, readRequirements } from './requirements.ts'
import { runStep } from './run-step.ts'

/** Large packages come slowly; an installer that hangs must not hang the start for ever. */
const maxMs = 30 * 60_000

/**
 * Installs the `requirements.txt` of a function into its `.venv`, which is made with the function's interpreter, or kept when
 * neither has changed since. Rejects with `python_missing`, `python_too_old` or `install_failed`.
 */
export const installRequirements: InstallDependencies = async (request) => {
  const requirements = readRequirements(request.folder)
  if (requirements === undefined) {
    return request.progress(`no requirements.txt in ${request.folder}: nothing to install`)
  }
  const late = new AbortController()
  const timer = systemClock.after(maxMs, () => late.abort('it took longer than 30 minutes'))
  try {
    await install({ ...request, signal: AbortSignal.any([request.signal, late.signal]) }, requirements)
  } catch (error) {
    if (isPeltonError(error)) throw error
    // The folder cannot be written to, for example.
    const how = `failed: ${error instanceof Error ? error.message : String(error)}`
    throw errors.install_failed({ what: `making ${venvOf(request.folder)}`, how, lines: [] }, error)
  } finally {
    timer.cancel()
  }
}

async function install(request: InstallRequest, requirements: Requirements): Promise<void> {
  const { folder, progress } = request
  const venv = venvOf(folder)
  const base = findBasePython(request).python
  const wanted = { base, version: await versionBy(request, base), requirements: requirements.hash }
  const stamp = readStamp(venv)
  const isThere = venvPython(folder) !== undefined
  if (isThere && isSame(stamp, wanted) && !requirements.namesLocalFiles) {
    return progress(`${venv} has what ${requirements.file} asks for`)
  }
  // Somebody else's environment is filled, never made anew.
  const isForeign = isThere && !stamp?.made
  if (!isForeign && !(isThere && isSame(stamp, wanted))) await makeVenv(request, base)
  progress(`installing ${requirements.file} into ${venv}`)
  await runPip(request, venv)
  writeFileSync(stampFile(venv), JSON.stringify({ ...wanted, made: !isForeign } satisfies VenvStamp))
  rmSync(unfinishedMark(venv), { force: true })
}

function isSame(stamp: VenvStamp | undefined, wanted: Omit<VenvStamp, 'made'>): boolean {
  return stamp?.base === wanted.base && stamp.version === wanted.version && stamp.requirements === wanted.requirements
}

/** The mark stays until everything is installed: what is interrupted is made anew the next time, and not used meanwhile. */
async function makeVenv(request: InstallRequest, base: string): Promise<void> {
  const venv = venvOf(request.folder)
  if (existsSync(venv) && !isVenv(venv)) throw new Error('it is there and is no virtual environment')
  request.progress(`making ${venv} with ${base}`)
  rmSync(venv, { recursive: true, force: true })
  mkdirSync(venv, { recursive: true })
  writeFileSync(unfinishedMark(venv), '')
  const step = { what: `${base} -m venv .venv`, command: base, args: ['-m', 'venv', venv] }
  await runStep({ ...step, cwd: request.folder, env: environmentOf(request) }, request)
}

async function runPip(request: InstallRequest, venv: string): Promise<void> {
  const args = ['-m', 'pip', 'install', '-r', 'requirements.txt']
  const quiet = ['--disable-pip-version-check', '--no-input', '--progress-bar', 'off']
  const step = { what: `python ${args.join(' ')}`, command: venvProgram(venv), args: [...args, ...quiet] }
  await runStep({ ...step, cwd: request.folder, env: environmentOf(request) }, request)
}

async function versionBy(request: InstallRequest, python: string): Promise<string> {
  let version = ''
  const args = ['-c', 'import platform; print(platform.python_version())']
  const step = { what: `${python} --version`, command: python, args, cwd: request.folder, env: environmentOf(request) }
  await runStep(step, { signal: request.signal, progress: (line) => void (version = line) })
  return version
}

function environmentOf({ env }: InstallRequest): Record<string, string | undefined> {
  return { ...process.env, ...env, PYTHONUNBUFFERED: '1' }
}
