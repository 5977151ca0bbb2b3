import { quote } from '@pelton/core'
import type { YAMLWarning } from 'yaml'
import type { ConfigFault } from './config-fault.ts'
import type { Places } from './placed-value.ts'
import { type ValueFault, toPlainValue } from './yaml-values.ts'
import { yamlFaults } from './yaml-words.ts'

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
  const end = text.trimEnd().length
  const lineAt = (offset: number): number | undefined =>
    // What is missing at the end is missing after the last line that says something.
    hasLines ? Math.max(1, counter.linePos(Math.min(offset, end)).line) + firstLine - 1 : undefined
  const conflict = document.errors.length > 0 ? text.search(/^<{7} /m) : -1
  const syntax =
    conflict < 0
      ? yamlFaults(document.errors, lineAt)
      : [{ message: 'a merge conflict begins here: keep one of its sides', line: lineAt(conflict) }]
  if (syntax.length > 0) {
    const faults = syntax.map(({ message, line }) => toFault(source, { path: '', message }, line))
    return { value: undefined, faults: faults.slice(0, maxFaults) }
  }
  const { file, places, areWordsBooleans = false } = source
  const read = toPlainValue(yaml, document, { file, places, lineAt, areWordsBooleans })
  const { value } = read
  const faults = [...unknownTags(document.warnings, lineAt), ...read.faults]
  const placed = faults.slice(0, maxFaults).map((fault) => toFault(source, fault, fault.line))
  return { value: placed.some((fault) => fault.severity === 'error') ? undefined : value, faults: placed }
}

/** Who writes a tag of another program expects it to do something. */
function unknownTags(warnings: readonly YAMLWarning[], lineAt: (offset: number) => number | undefined): ValueFault[] {
  return warnings.flatMap(({ code, message, pos }): ValueFault[] => {
    const line = lineAt(pos[0])
    if (code !== 'TAG_RESOLVE_FAILED') return []
    const tag = message.replace('Unresolved tag: ', '').replace('tag:yaml.org,2002:', '!!')
    const said = `the tag ${quote(tag, 40)} does nothing here: write the value itself`
    return [{ path: '', ...(line === undefined ? {} : { line }), message: said, isMild: true }]
  })
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
