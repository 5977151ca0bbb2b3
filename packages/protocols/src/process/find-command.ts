import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, resolve } from 'node:path'

/** Where a command is looked for. */
export interface CommandPlaces {
  /** As the variable PATH: folders. */
  path: string
  /** Absolute: where a relative path starts. */
  folder: string
}

/** The absolute path of a command: a name is looked for on `path`, a path from `folder`. Undefined when no program is there. */
export function findCommand(command: string, { path, folder }: CommandPlaces): string | undefined {
  if (command === '') return undefined
  if (command.includes('/')) return [resolve(folder, command)].find(isProgram)
  const folders = path.split(delimiter).filter((place) => place !== '')
  return folders.map((place) => resolve(folder, place, command)).find(isProgram)
}

/** Whether a path leads to a file that this process may execute. */
export function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    // It is not there, or not ours to execute: either way it is not the one.
    return false
  }
}
