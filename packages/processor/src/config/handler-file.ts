import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { type Found, type RuntimeManifest, parseHandler } from '@pelton/core'

/** Handler files are looked for under these names first. */
const usualNames = ['handler', 'index', 'main']

/** A handler file and the runtime that its ending chooses. */
export interface HandlerFile {
  /** Absolute. */
  file: string
  runtime: Found<RuntimeManifest>
}

/** What a folder offers as its handler: one file, or the names among which a person must choose. */
export type HandlerChoice = { name: string } | { candidates: string[] }

/** Chooses among a folder's files as `chooseHandler` does; those that are data only where there is no code. */
export function chooseFile(names: readonly string[], runtimes: readonly Found<RuntimeManifest>[]): HandlerChoice {
  const endingsOf = (readsData: boolean): (readonly string[])[] =>
    runtimes.flatMap(({ manifest }) => ((manifest.readsData ?? false) === readsData ? [manifest.extensions] : []))
  const code = chooseHandler(names, endingsOf(false))
  return 'name' in code || code.candidates.length > 0 ? code : chooseHandler(names, endingsOf(true))
}

/** Chooses among a folder's files: the usual names, else the only candidate. Tests, declarations and configurations are none. */
export function chooseHandler(
  names: readonly string[],
  extensionsByRuntime: readonly (readonly string[])[],
): HandlerChoice {
  const extensions = extensionsByRuntime.flat()
  const candidates = names.filter((name) => extensions.includes(path.extname(name)) && !isBeside(name)).toSorted()
  for (const usual of usualNames) {
    const matching = candidates.filter((name) => stemOf(name) === usual)
    const perRuntime = extensionsByRuntime.map((endings) =>
      matching.filter((name) => endings.includes(path.extname(name))),
    )
    const runtimes = perRuntime.filter((found) => found.length > 0)
    if (runtimes.length > 1) return { candidates: matching }
    const [first] = runtimes[0]?.toSorted(byPosition(extensions)) ?? []
    if (first !== undefined) return { name: first }
  }
  const [only] = candidates
  return only !== undefined && candidates.length === 1 ? { name: only } : { candidates }
}

function stemOf(name: string): string {
  return path.basename(name, path.extname(name))
}

function isBeside(name: string): boolean {
  return name.startsWith('.') || /\.(?:test|spec|config|d)\.\w+$/.test(name)
}

function byPosition(extensions: readonly string[]): (a: string, b: string) => number {
  return (a, b) => extensions.indexOf(path.extname(a)) - extensions.indexOf(path.extname(b))
}

/** The handler file that a `handler` setting means in a folder; undefined when none is found. */
export async function findHandlerFile(
  folder: string,
  handler: string,
  runtimes: readonly Found<RuntimeManifest>[],
): Promise<HandlerFile | undefined> {
  const { module = '', entry = '' } = parseHandler(handler) ?? {}
  const wanted = module || (runtimeOf(entry, runtimes) ? entry : '')
  if (wanted !== '') return findModule(path.resolve(folder, wanted), runtimes)
  const choice = chooseFile(await namesIn(folder), runtimes)
  return 'name' in choice ? asHandler(path.join(folder, choice.name), runtimes) : undefined
}

async function findModule(base: string, runtimes: readonly Found<RuntimeManifest>[]): Promise<HandlerFile | undefined> {
  const endings = runtimes.flatMap(({ manifest }) => manifest.extensions)
  for (const ending of ['', ...endings]) {
    const handler = asHandler(base + ending, runtimes)
    if (handler && (await isFile(handler.file))) return handler
  }
  return undefined
}

/** The runtime of a file's ending. */
export function runtimeOf(
  file: string,
  runtimes: readonly Found<RuntimeManifest>[],
): Found<RuntimeManifest> | undefined {
  const ending = path.extname(file).toLowerCase()
  return ending === '' ? undefined : runtimes.find(({ manifest }) => manifest.extensions.includes(ending))
}

function asHandler(file: string, runtimes: readonly Found<RuntimeManifest>[]): HandlerFile | undefined {
  const runtime = runtimeOf(file, runtimes)
  return runtime ? { file, runtime } : undefined
}

/** Names of the files in a folder; none when it cannot be read. */
export async function namesIn(folder: string): Promise<string[]> {
  // A folder that is missing holds nothing: whoever needs a file of it says so by name.
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name)
}

/** Whether a path is a file that can be reached. */
export async function isFile(file: string): Promise<boolean> {
  return stat(file).then(
    (facts) => facts.isFile(),
    () => false,
  )
}
