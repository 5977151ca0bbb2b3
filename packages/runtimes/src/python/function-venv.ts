import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isProgram } from './is-program.ts'

/** What `--install` notes in a `.venv` when it is complete. */
export interface VenvStamp {
  /** Absolute path of the interpreter below it. */
  base: string
  version: string
  /** Hash of the requirements. */
  requirements: string
  /** Whether Pelton made the environment, and so may make it anew. */
  made: boolean
}

/** The virtual environment of the function in this folder. */
export function venvOf(folder: string): string {
  return join(folder, '.venv')
}

/** A file that is there while an environment of Pelton's own is being made. */
export function unfinishedMark(venv: string): string {
  return join(venv, 'pelton-unfinished')
}

/** Where the stamp is. */
export function stampFile(venv: string): string {
  return join(venv, 'pelton-install.json')
}

/** Where the environment has its interpreter. */
export function venvProgram(venv: string): string {
  return process.platform === 'win32' ? join(venv, 'Scripts', 'python.exe') : join(venv, 'bin', 'python')
}

/** Whether a folder is a virtual environment, or what is left of one that Pelton began. */
export function isVenv(folder: string): boolean {
  return existsSync(join(folder, 'pyvenv.cfg')) || existsSync(unfinishedMark(folder))
}

/** The interpreter of the function's environment; undefined when there is none, or only one that was left half-made. */
export function venvPython(folder: string): string | undefined {
  const venv = venvOf(folder)
  const python = venvProgram(venv)
  return isProgram(python) && !existsSync(unfinishedMark(venv)) ? python : undefined
}

/** The stamp; undefined when there is none that can be read. */
export function readStamp(venv: string): VenvStamp | undefined {
  try {
    const { base, version, requirements, made } = JSON.parse(readFileSync(stampFile(venv), 'utf8')) as VenvStamp
    return { base, version, requirements, made }
  } catch {
    // Without a readable stamp the environment counts as somebody else's.
    return undefined
  }
}
