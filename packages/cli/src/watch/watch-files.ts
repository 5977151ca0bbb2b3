import { type Dirent, type FSWatcher, readdirSync, statSync, watch } from 'node:fs'
import { dirname, join } from 'node:path'
import { isWatchedFile, isWatchedFolder } from './is-watched.ts'

/** What is watched. */
export interface WatchedFiles {
  /** Absolute; with what is below it. */
  folder: string
  /** Absolute; single files that may lie elsewhere. */
  files: readonly string[]
}

/** Reports changes; `close` ends it. */
export interface FileWatch {
  /** How many folders were left out because there are too many. */
  readonly leftOut: number
  close(): void
}

/** One inotify watch each; a function has few folders of its own. */
const maxFolders = 512

/**
 * Calls `onChange` with the path of each changed file. Folders are watched one by one, because the recursive watch of Node.js would go through
 * `node_modules` too.
 */
export function watchFiles({ folder, files }: WatchedFiles, onChange: (path: string) => void): FileWatch {
  const watchers = new Map<string, FSWatcher>()
  const alone = new Set(files)
  let leftOut = 0

  const watchFolder = (path: string, isRelevant: (file: string) => boolean): void => {
    if (watchers.has(path)) return
    if (watchers.size >= maxFolders) return void (leftOut += 1)
    const watcher = watch(path, (_event, name) => {
      const file = name === null ? path : join(path, name)
      if (name === null || isRelevant(file)) onChange(file)
      else if (path.startsWith(folder) && isFolder(file)) adopt(file)
    })
    // A folder that is deleted is no longer of interest; its parent reports that it is gone.
    watcher.on('error', () => forget(path))
    watchers.set(path, watcher)
  }

  /** A folder that is new: what was put into it before its watch began must not be missed. */
  const adopt = (path: string): void => {
    if (watchers.has(path)) return
    watchTree(path)
    for (const entry of watchers.has(path) ? entriesOf(path) : []) {
      if (entry.isFile() && isWatchedFile(entry.name)) onChange(join(path, entry.name))
    }
  }

  const forget = (path: string): void => {
    watchers.get(path)?.close()
    watchers.delete(path)
  }

  const watchTree = (path: string): void => {
    if (path !== folder && !isWatchedFolder(path)) return
    watchFolder(path, (file) => isWatchedFile(file) || alone.has(file))
    for (const entry of entriesOf(path)) if (entry.isDirectory()) watchTree(join(path, entry.name))
  }

  watchTree(folder)
  for (const file of files) watchFolder(dirname(file), (changed) => alone.has(changed))
  return {
    get leftOut() {
      return leftOut
    },
    close: () => {
      for (const path of watchers.keys()) forget(path)
    },
  }
}

function entriesOf(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true })
  } catch {
    // It was deleted while it was read: there is nothing to watch.
    return []
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
