import type { YAMLError } from 'yaml'

/** Mistakes that make others on their line: the first one is the cause. */
const causes = {
  TAB_AS_INDENT: 'a tab stands where the indentation is: YAML takes spaces only',
  MULTILINE_IMPLICIT_KEY: 'the next line does not fit: it is indented too far, or its key lacks the colon and space',
} as const

/** What to say of a mistake that the parser names in its own terms. */
const wordsByCode: Partial<Record<YAMLError['code'], string>> = {
  BLOCK_AS_IMPLICIT_KEY: 'a value that holds a colon and a space needs quotes; so does one that the next line goes on',
  BAD_INDENT: 'the keys of one level must be indented alike',
  MULTIPLE_DOCS: 'a second document begins here (---): a function file is one',
}

/** A mistake as it is told. */
interface YamlFault {
  message: string
  line: number | undefined
}

/** The parser's errors in the user's words: one a line, where one is the cause of the others, and none twice. */
export function yamlFaults(found: readonly YAMLError[], lineAt: (offset: number) => number | undefined): YamlFault[] {
  const placed = found.map(({ code, message, pos }) => ({ code, message, line: lineAt(pos[0]) }))
  const causeOf = new Map<number | undefined, string>()
  for (const [code, words] of Object.entries(causes)) {
    for (const error of placed) if (error.code === code && !causeOf.has(error.line)) causeOf.set(error.line, words)
  }
  const faults = placed.map(({ code, message, line }): [string, YamlFault] => {
    const told = causeOf.get(line) ?? wordsFor(code, message)
    return [`${line} ${told}`, { message: told, line }]
  })
  return [...new Map(faults).values()]
}

function wordsFor(code: YAMLError['code'], message: string): string {
  // Who writes a schedule as it stands in a crontab did not think of aliases.
  if (/\balias\b/i.test(message)) return 'a * begins an alias in YAML: put the whole value in quotes'
  const [, start] = /^Plain value cannot start with .*(\S)$/.exec(message) ?? []
  if (start !== undefined) return `no value begins with ${start} in YAML: put it in quotes`
  const [, quote] = /^Missing closing (["'])quote/.exec(message) ?? []
  if (quote !== undefined) return `a ${quote} is never closed`
  if (message.startsWith('Implicit map keys need')) return 'a key needs a colon and a space after it'
  if (code === 'BAD_DQ_ESCAPE') return `${message}: in single quotes a backslash is one`
  const [, end] = /(?:end with|with) an? ([}\]])/.exec(message) ?? []
  if (end !== undefined) return `a ${end === '}' ? '{' : '['} is never closed by a ${end}`
  return wordsByCode[code] ?? message
}
