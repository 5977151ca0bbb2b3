import type { ConfigFault } from './config-fault.ts'
import type { Places } from './placed-value.ts'
import { type ValueFault, toPlainValue } from './yaml-values.ts'

/** Most that is read of a configuration file, in bytes. */
export const maxFileBytes = 1_048_576

const maxFaults = 10

/** Where a YAML text comes from. */
export interface YamlSource {
  file: string
  places: Places
  /** Line in the file at which the text begins; 1 when absent, and `undefined` for a text that is in no file. */
  firstLine?: number | undefined
  /** Unquoted `yes`, `no`, `on` and `off` are booleans, as nuclio reads them. */
  areWordsBooleans?: boolean
  /** Put before each message. */
  prefix?: string
}

/** Reads a YAML text. Broken YAML gives faults and no value; repeated keys only warn where nuclio's form is read. Never throws. */
export async function parseYaml(text: string, source: YamlSource): Promise<{ value: unknown; faults: ConfigFault[] }> {
  // Loading the parser takes some 30 ms, which a handler that runs alone does not need.
  const yaml = await import('yaml')
  const counter = new yaml.LineCounter()
  const document = yaml.parseDocument(text, {
    lineCounter: counter,
    prettyErrors: false,
    uniqueKeys: false,
    schema: 'core',
    resolveKnownTags: false,
  })
  const hasLines = !('firstLine' in source) || source.firstLine !== undefined
  const firstLine = source.firstLine ?? 1
  const lineAt = (offset: number): number | undefined =>
    hasLines ? Math.max(1, counter.linePos(offset).line) + firstLine - 1 : undefined
  const syntax = document.errors.map(({ message, pos }) => ({ message: wordsFor(message), line: lineAt(pos[0]) }))
  if (syntax.length > 0) {
    const faults = withoutRepeats(syntax).map(({ message, line }) => toFault(source, { path: '', message }, line))
    return { value: undefined, faults: faults.slice(0, maxFaults) }
  }
  const { file, places, areWordsBooleans = false } = source
  const { value, faults } = toPlainValue(yaml, document, { file, places, lineAt, areWordsBooleans })
  const placed = faults.slice(0, maxFaults).map((fault) => toFault(source, fault, fault.line))
  return { value: placed.some((fault) => fault.severity === 'error') ? undefined : value, faults: placed }
}

/** Who writes a schedule as it stands in a crontab did not think of aliases. */
function wordsFor(message: string): string {
  return /\balias\b/i.test(message) ? 'a * begins an alias in YAML: put the whole value in quotes' : message
}

/** The parser says of one mistake the same several times. */
function withoutRepeats<T extends { message: string; line: number | undefined }>(faults: readonly T[]): T[] {
  return [...new Map(faults.map((fault) => [`${fault.line} ${fault.message}`, fault])).values()]
}

function toFault(source: YamlSource, fault: ValueFault, line: number | undefined): ConfigFault {
  return {
    severity: fault.isMild && source.areWordsBooleans ? 'warning' : 'error',
    file: source.file,
    ...(line === undefined ? {} : { line }),
    path: fault.path,
    message: `${source.prefix ?? ''}${fault.message}`,
  }
}
