import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Transpiled } from './transpile.ts'

/** Where transpiled sources are kept between starts. */
export interface TranspileCache {
  get(key: string): Transpiled | undefined
  set(key: string, result: Transpiled): void
}

/** Most files kept; the oldest go first. */
const maxFiles = 500
const keptFiles = 400
const movedMark = '//moved\n'
const inPlaceMark = '//in-place\n'

/** The key of a source: what it is, and who transpiles it. */
export function transpileKey(source: string, file: string): string {
  // The file's name counts: it stands in source maps.
  return createHash('sha256').update(`1\n${process.version}\n${file}\n`).update(source).digest('hex')
}

/** The folder of the cache; undefined when `PELTON_CACHE=off` or there is no home. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>): string | undefined {
  if (env.PELTON_CACHE === 'off') return undefined
  const base = env.XDG_CACHE_HOME || (homeOf() && join(homeOf(), '.cache'))
  return base ? join(base, 'pelton', 'transpiled') : undefined
}

/** A cache in a folder, best effort: what cannot be read or written is as if it were not there. */
export function createTranspileCache(folder: string | undefined): TranspileCache {
  if (folder === undefined) return { get: () => undefined, set: () => undefined }
  return {
    get(key) {
      const text = attempt(() => readFileSync(join(folder, key), 'utf8'))
      if (text?.startsWith(inPlaceMark)) return { code: text.slice(inPlaceMark.length), moved: false }
      return text?.startsWith(movedMark) ? { code: text.slice(movedMark.length), moved: true } : undefined
    },
    set(key, result) {
      attempt(() => write(folder, key, result))
    },
  }
}

function write(folder: string, key: string, { code, moved }: Transpiled): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  prune(folder)
  // Written beside and renamed: another worker that reads meanwhile sees all of it or nothing.
  const draft = join(folder, `${key}.${randomUUID()}`)
  writeFileSync(draft, (moved ? movedMark : inPlaceMark) + code, { mode: 0o600 })
  renameSync(draft, join(folder, key))
}

function prune(folder: string): void {
  const names = readdirSync(folder)
  if (names.length < maxFiles) return
  const byAge = names.map((name) => ({
    name,
    at: statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0,
  }))
  byAge.sort((one, other) => one.at - other.at)
  for (const { name } of byAge.slice(0, names.length - keptFiles)) rmSync(join(folder, name), { force: true })
}

function homeOf(): string {
  return attempt(homedir) ?? ''
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch {
    // A cache that is read-only, full or gone costs time, not correctness.
    return undefined
  }
}
