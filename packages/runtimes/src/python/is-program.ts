import { accessSync, constants, statSync } from 'node:fs'

/** Whether a path leads to a file that this process may execute. */
export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    // It is not there, or not ours to execute: either way it is not the one.
    return false
  }
}
