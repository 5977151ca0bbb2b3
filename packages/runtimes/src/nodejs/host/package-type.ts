import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** What the nearest `package.json` says about files of no particular ending. */
export type PackageType = 'module' | 'commonjs' | 'none'

/** Looks up package types, each folder once. */
export function createPackageTypes(): (file: string) => PackageType {
  const known = new Map<string, PackageType>()
  const typeOf = (folder: string): PackageType => {
    const before = known.get(folder)
    if (before !== undefined) return before
    const parent = dirname(folder)
    const own = ownType(folder)
    const type = own ?? (parent === folder ? 'none' : typeOf(parent))
    known.set(folder, type)
    return type
  }
  return (file) => typeOf(dirname(file))
}

function ownType(folder: string): PackageType | undefined {
  const text = textOfFile(join(folder, 'package.json'))
  if (text === undefined) return undefined
  try {
    const { type } = JSON.parse(text) as { type?: unknown }
    return type === 'module' || type === 'commonjs' ? type : 'none'
  } catch {
    // Node.js names a broken package.json itself, as soon as it needs it.
    return 'none'
  }
}

/** A small file's text, or undefined when it cannot be read. */
export function textOfFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Not there, or not for us: for whoever looks for it, that is the same.
    return undefined
  }
}
