import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { threadId } from 'node:worker_threads'
import type { Transpiled, TypescriptFile } from './transpile.ts'

/** Where transpiled sources are kept between starts. */
export interface TranspileCache {
  get(source: TypescriptFile): Transpiled | undefined
  set(source: TypescriptFile, result: Transpiled): void
}

/** Most files kept; the oldest go first. */
const maxFiles = 500
const keptFiles = 400

/** The folder of the cache; undefined when `PELTON_CACHE=off` or there is no home. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>): string | undefined {
  if (env.PELTON_CACHE === 'off') return undefined
  const home = env.XDG_CACHE_HOME || attempt(() => join(homedir(), '.cache'))
  return home === undefined ? undefined : join(home, 'pelton', 'transpiled')
}

/** A cache in a folder, best effort: what cannot be read or written is as if it were not there. */
export function createTranspileCache(folder: string | undefined): TranspileCache {
  if (folder === undefined) return { get: () => undefined, set: () => undefined }
  return {
    get(source) {
      const text = attempt(() => readFileSync(join(folder, nameOf(source)), 'utf8'))
      return text === undefined ? undefined : (entryOf(text, source, false) ?? entryOf(text, source, true))
    },
    set(source, result) {
      attempt(() => write(folder, nameOf(source), prefixOf(source, result.moved) + result.code))
    },
  }
}

// An entry holds its source, so that its name need only be short and quick to make.
function entryOf(text: string, source: TypescriptFile, moved: boolean): Transpiled | undefined {
  const prefix = prefixOf(source, moved)
  return text.startsWith(prefix) ? { code: text.slice(prefix.length), moved } : undefined
}

// The file's path counts, since it stands in source maps, and so does who transpiled it.
function prefixOf({ file, text }: TypescriptFile, moved: boolean): string {
  return `${JSON.stringify([1, process.version, file, moved, text.length])}\n${text}\n`
}

function nameOf({ file, text }: TypescriptFile): string {
  const name = `${process.version}\n${file}\n${text}`
  return `${hashOf(name, 0x811c9dc5)}${hashOf(name, 0x01000193)}`
}

// FNV-1a: loading a cryptographic hash would cost more than reading the cache.
function hashOf(text: string, seed: number): string {
  let hash = seed
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}

function write(folder: string, name: string, content: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  prune(folder)
  // Written beside and renamed: another worker that reads meanwhile sees all of it or nothing.
  const draft = join(folder, `${name}.${process.pid}.${threadId}`)
  writeFileSync(draft, content, { mode: 0o600 })
  renameSync(draft, join(folder, name))
}

function prune(folder: string): void {
  const names = readdirSync(folder)
  if (names.length < maxFiles) return
  const aged = names.map((name) => ({
    name,
    at: statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0,
  }))
  aged.sort((one, other) => one.at - other.at)
  for (const { name } of aged.slice(0, names.length - keptFiles)) rmSync(join(folder, name), { force: true })
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch {
    // A cache that is read-only, full or gone costs time, not correctness.
    return undefined
  }
}
