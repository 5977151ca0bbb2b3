/** A line, header lines, an empty one, and the begin of a JPEG. */
const firstPart = /^((?:\r?\n)*([^\r\n]{1,200})\r?\n)(?:[\w-]+[ \t]*:[^\r\n]*\r?\n)*\r?\n\xff\xd8/

/** The line that begins a stream's first part. */
export interface FirstLine {
  line: string
  /** Bytes up to the part's header lines. */
  length: number
}

/**
 * The first line of a stream (Latin-1) whose first part is a JPEG, if it may be a delimiter: it begins with two hyphens,
 * or is what `boundary` names without them, in any letter case. Undefined for others, and while more is needed.
 */
export function firstLineOf(text: string, boundary: string): FirstLine | undefined {
  const [, before, line] = firstPart.exec(text) ?? []
  if (before === undefined || line === undefined) return undefined
  const isNamed = line.trim().toLowerCase() === boundary.replace(/^--/, '').toLowerCase()
  return isNamed || line.startsWith('--') ? { line: line.trim(), length: before.length } : undefined
}
