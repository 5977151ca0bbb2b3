import { type PeltonError, isPeltonError } from '@pelton/core'
import { reasonOf } from '@pelton/sdk/host'
import { dirname, isAbsolute, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { errors } from '../../errors.ts'
import { textOfFile } from './package-type.ts'
import { shownPath } from './shown-path.ts'
import { frameOf, syntaxFailure } from './syntax-failure.ts'
import { locateFault } from './transpile.ts'

/** Whose loading failed. */
export interface LoadedFile {
  folder: string
  /** The handler's file. */
  file: string
  /** The file that was loaded last: V8 does not say where a module's syntax error is. */
  lastFile: string | undefined
}

/** What a user is told about a module that could not be loaded: place and line where they are known. */
export function loadFailure(error: unknown, loaded: LoadedFile): PeltonError {
  if (isPeltonError(error)) return error
  const { folder, file } = loaded
  if (error instanceof SyntaxError) {
    const failure = syntaxFailureOf(error, loaded)
    if (failure !== undefined) return failure
  }
  const missing = missingImport(error)
  if (missing !== undefined) {
    const importer = shownPath(missing.importer ?? file, folder)
    return errors.handler_import_missing({ specifier: missing.specifier, importer }, error)
  }
  return errors.handler_load_failed({ file: shownPath(file, folder), reason: namedReason(error) }, error)
}

function syntaxFailureOf(error: SyntaxError, { folder, file, lastFile }: LoadedFile): PeltonError | undefined {
  const given = frameOf(error, file)
  const faulty = given?.file ?? lastFile ?? file
  // Code that ran and parsed something (`JSON.parse`) failed by itself: its stack has frames of its own.
  if (given === undefined && !isFromParser(error)) return undefined
  const text = textOfFile(faulty) ?? ''
  return syntaxFailure(error, { folder, file: faulty, text }, given ?? locateFault(text, faulty))
}

function isFromParser(error: SyntaxError): boolean {
  const [, top = ''] = (error.stack ?? '').split('\n    at ')
  return /\bnode:(?:internal|vm)/.test(top)
}

interface MissingImport {
  specifier: string
  importer: string | undefined
}

function missingImport(error: unknown): MissingImport | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  if (error.code !== 'ERR_MODULE_NOT_FOUND' && error.code !== 'MODULE_NOT_FOUND') return undefined
  const [summary = '', , requirer = ''] = error.message.split('\n')
  const found = /'([^']+)'(?: imported from (.+))?/.exec(summary)
  if (found?.[1] === undefined) return undefined
  const place = found[2] ?? /^- (.+)/.exec(requirer)?.[1]
  const importer = place?.startsWith('file:') ? fileURLToPath(place) : place
  return { specifier: writtenSpecifier(found[1], importer), importer }
}

// Node.js reports absolute paths; the user wrote a relative one.
function writtenSpecifier(reported: string, importer: string | undefined): string {
  if (importer === undefined || !isAbsolute(reported)) return reported
  const path = relative(dirname(importer), reported)
  return path.startsWith('.') ? path : `./${path}`
}

function namedReason(error: unknown): string {
  const reason = reasonOf(error)
  return error instanceof Error && error.name !== 'Error' ? `${error.name}: ${reason}` : reason
}
