import type { PeltonError } from '@pelton/core'
import { fileURLToPath } from 'node:url'
import { errors } from '../../errors.ts'
import { shownPath } from './shown-path.ts'

/** Where a syntax error is. */
export interface SyntaxFrame {
  file: string
  line: number
  column: number | undefined
  /** The line itself. */
  source: string
}

/** The file that an error is in, unless the error itself tells. */
export interface FaultyFile {
  folder: string
  file: string
  /** What the file holds. */
  text: string
}

const maxFrameLines = 8
const decorator = /^\s*(?:export\s+(?:default\s+)?)?@[A-Za-z_$]/
const element = /<(?:>|[A-Za-z][\w.]*(?:\s[^<>]*)?\/>|[A-Za-z][\w.]*(?:\s[^<>]*)?>.*<\/|\/[A-Za-z])/

/** What a user is told about a syntax error: file, line, column and the line itself; for JSX and decorators the way out. */
export function syntaxFailure(error: unknown, faulty: FaultyFile, frame = frameOf(error, faulty.file)): PeltonError {
  const jsx = jsxFailure(error, faulty, frame)
  if (jsx !== undefined) return jsx
  const decorated = decoratorFailure(error, faulty)
  if (decorated !== undefined) return decorated
  const reason = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error)
  return errors.handler_syntax_error({ place: placeOf(frame, faulty), reason, source: frame?.source ?? '' }, error)
}

/**
 * Reads the place that Node.js puts before a syntax error's stack: `file:3`, the line, `   ^^^`. A place without a file
 * is in `file`. Undefined when there is none.
 */
export function frameOf(error: unknown, file: string): SyntaxFrame | undefined {
  if (!(error instanceof Error)) return undefined
  const [place = '', ...lines] = (error.stack ?? '').split('\n', maxFrameLines)
  const found = /^(.*):(\d+)$/.exec(place)
  if (found === null || /^\w*Error\b/.test(place)) return undefined
  // Lines of context may come first; the one that the carets underline is meant.
  const carets = lines.findIndex((line) => /^\s*\^+\s*$/.test(line))
  const source = lines[Math.max(carets - 1, 0)] ?? ''
  const column = carets < 1 ? undefined : (lines[carets]?.indexOf('^') ?? 0) + 1
  return { file: pathOf(found[1] || file), line: Number(found[2]), column, source: source.trim() }
}

function jsxFailure(error: unknown, faulty: FaultyFile, frame: SyntaxFrame | undefined): PeltonError | undefined {
  const isJsx = /\.[jt]sx$/.test(faulty.file) || (frame !== undefined && element.test(frame.source))
  if (!isJsx) return undefined
  const way = 'compile it to JavaScript first (tsc or esbuild), or call the element function yourself'
  return errors.handler_syntax_unsupported({ place: placeOf(frame, faulty), what: 'JSX', way }, error)
}

function decoratorFailure(error: unknown, { folder, file, text }: FaultyFile): PeltonError | undefined {
  const line = text.split('\n').findIndex((each) => decorator.test(each))
  if (line < 0 || !(error instanceof Error) || !error.message.includes('Invalid or unexpected token')) return undefined
  const place = `${shownPath(file, folder)}:${line + 1}`
  const way = 'compile the file with tsc first, or call the decorator as a function'
  return errors.handler_syntax_unsupported({ place, what: 'a decorator', way }, error)
}

function placeOf(frame: SyntaxFrame | undefined, { folder, file }: FaultyFile): string {
  if (frame === undefined) return shownPath(file, folder)
  return `${shownPath(frame.file, folder)}:${frame.line}${frame.column === undefined ? '' : `:${frame.column}`}`
}

function pathOf(place: string): string {
  return place.startsWith('file:') ? fileURLToPath(place) : place
}
