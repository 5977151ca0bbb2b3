import { basename } from 'node:path'

const sourceFile = /\.(?:[cm]?[jt]s|json|ya?ml|py|sh|rb|onnx)$|^\.env/i
const ignoredFolders = new Set(['node_modules', '__pycache__', 'dist', 'venv'])

/** Whether a change of this file may change the function: sources, models, configuration and `.env`, not data that a handler writes. */
export function isWatchedFile(path: string): boolean {
  return sourceFile.test(basename(path))
}

/** Whether files of this folder may be the function's own. */
export function isWatchedFolder(path: string): boolean {
  const name = basename(path)
  return !name.startsWith('.') && !ignoredFolders.has(name)
}
