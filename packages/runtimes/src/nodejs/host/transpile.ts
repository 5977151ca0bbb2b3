import { stripTypeScriptTypes } from 'node:module'
import { quietly } from './quietly.ts'
import { type SyntaxFrame, frameOf, syntaxFailure } from './syntax-failure.ts'

/** A source without types. */
export interface Transpiled {
  code: string
  /** Whether lines may have moved, so that stacks need the source map at its end. */
  moved: boolean
}

/** A TypeScript file of a function. */
export interface TypescriptFile {
  folder: string
  file: string
  text: string
}

/**
 * Removes types from TypeScript, leaving every line in its place; enums, namespaces and parameter properties are
 * compiled instead, with a source map. Throws with file, line and way out for what cannot run.
 */
export function transpile(source: TypescriptFile): Transpiled {
  try {
    return { code: quietly(() => stripTypeScriptTypes(source.text, { mode: 'strip' })), moved: false }
  } catch (error) {
    if (codeOf(error) !== 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') throw syntaxFailure(error, source)
  }
  try {
    const options = { mode: 'transform', sourceMap: true, sourceUrl: source.file } as const
    return { code: quietly(() => stripTypeScriptTypes(source.text, options)), moved: true }
  } catch (error) {
    throw syntaxFailure(error, source)
  }
}

/** Where the parser for TypeScript finds a fault in a source; undefined when it finds none. */
export function locateFault(text: string, file: string): SyntaxFrame | undefined {
  try {
    quietly(() => stripTypeScriptTypes(text, { mode: 'strip' }))
    return undefined
  } catch (error) {
    return codeOf(error) === 'ERR_INVALID_TYPESCRIPT_SYNTAX' ? frameOf(error, file) : undefined
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
