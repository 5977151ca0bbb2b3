// Whitespace, comments, directives and import statements: what may stand before a module's first other statement.
const leading = /(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|(['"])use \w+\1;?|;)/y
const statement = /import\s+(?:type\s+)?([\w$*{][^'"();=]*?)\s*from\s*(['"])[^'"\n]*\2(?:\s*with\s*\{[^}]*\})?/y
const bareImport = /import\s*(['"])[^'"\n]*\1/y

interface ImportStatement {
  start: number
  end: number
  clause: string
}

/**
 * Removes imported names that nothing uses any more once types are gone, and imports of nothing else, as the TypeScript
 * compiler does: `import { Event } from …` for a type alone would not link. Lines stay where they are.
 */
export function elideImports(code: string): string {
  const statements = leadingImports(code)
  if (statements.length === 0) return code
  const rest = withoutWholeComments(code.slice(statements.at(-1)?.end))
  let result = ''
  let from = 0
  for (const { start, end, clause } of statements) {
    const kept = keptClause(clause, rest)
    if (kept === clause) continue
    const text = code.slice(start, end)
    result += code.slice(from, start) + (kept === undefined ? blank(text) : text.replace(clause, () => kept))
    from = end
  }
  return result + code.slice(from)
}

function leadingImports(code: string): ImportStatement[] {
  const found: ImportStatement[] = []
  let at = 0
  for (;;) {
    const skipped = matchAt(leading, code, at) ?? matchAt(bareImport, code, at)
    const match = skipped ?? matchAt(statement, code, at)
    if (match === undefined) return found
    const end = at + match[0].length
    if (skipped === undefined) found.push({ start: at, end, clause: match[1] ?? '' })
    at = end
  }
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at
  return pattern.exec(text) ?? undefined
}

// The clause with the names that are used; undefined when none is.
function keptClause(clause: string, rest: string): string | undefined {
  const open = clause.indexOf('{')
  const outside = (open < 0 ? clause : clause.slice(0, open)).split(',').map((part) => part.trim())
  const inside =
    open < 0
      ? []
      : clause
          .slice(open + 1, clause.lastIndexOf('}'))
          .split(',')
          .map((part) => part.trim())
  const names = [...outside, ...inside].filter((part) => part !== '')
  const used = (part: string): boolean => part !== '' && isUsed(localName(part), rest)
  if (names.every(used)) return clause
  if (!names.some(used)) return undefined
  const kept = outside.filter(used)
  const named = inside.filter(used)
  if (named.length > 0) kept.push(`{ ${named.join(', ')} }`)
  // The statement keeps its number of lines.
  return kept.join(', ') + '\n'.repeat(clause.split('\n').length - 1)
}

function localName(part: string): string {
  return (
    part
      .split(/\s+as\s+/)
      .at(-1)
      ?.trim() ?? part
  )
}

function isUsed(name: string, rest: string): boolean {
  return new RegExp(`(?<![\\w$])${name.replace(/\$/g, '\\$')}(?![\\w$])`).test(rest)
}

// Only comments that begin a line: anything shorter might be inside a string.
function withoutWholeComments(code: string): string {
  return code.replace(/^[ \t]*\/\*[\s\S]*?\*\//gm, '').replace(/^[ \t]*\/\/.*$/gm, '')
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ')
}
