import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** What a function needs, as far as a `requirements.txt` says it. */
export interface Requirements {
  /** Absolute. */
  file: string
  /** Of this file and those that it includes. */
  hash: string
  /** Names folders or archives of this machine, whose contents may change while the text does not. */
  namesLocalFiles: boolean
}

/** Files that include each other without end, or more of them than anybody writes. */
const maxFiles = 32

/** Reads the requirements of the function in `folder`; undefined when it has none. */
export function readRequirements(folder: string): Requirements | undefined {
  const file = join(folder, 'requirements.txt')
  const texts = new Map<string, string>()
  collect(file, texts)
  if (!texts.has(file)) return undefined
  const hash = createHash('sha256')
  for (const [name, text] of texts) hash.update(`${name}\0${text}\0`)
  const lines = [...texts.values()].flatMap((text) => text.split(/\r?\n/))
  return { file, hash: hash.digest('hex'), namesLocalFiles: lines.some(isLocal) }
}

function collect(file: string, texts: Map<string, string>): void {
  if (texts.has(file) || texts.size >= maxFiles) return
  const text = readText(file)
  if (text === undefined) return
  texts.set(file, text)
  for (const [, included = ''] of text.matchAll(/^\s*(?:-r|-c|--requirement|--constraint)[ =]*(\S+)/gm)) {
    collect(resolve(dirname(file), included), texts)
  }
}

/** `./package`, `/a/package.whl`, `-e package`, `name @ file:///a/package`. */
function isLocal(line: string): boolean {
  return /^\s*(?:\.{0,2}[\\/]|\.\s*$|-e\b|--editable\b|file:)|@\s*file:/.test(line)
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // It is not there, or a URL: the installer says so when it must be.
    return undefined
  }
}
