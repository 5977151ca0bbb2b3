import {
  type Path,
  type Schema,
  type TriggerManifest,
  decode,
  fieldNames,
  formatPath,
  normaliseKey,
} from '@pelton/core'
import { errors } from '../errors.ts'

/** What a preview is asked for. */
export interface PreviewRequest {
  kind: string
  /** The value of the kind's previewed attribute; undefined when only other attributes are given. */
  text: string | undefined
  /** Further attributes, each `key=value`. */
  assignments: readonly string[]
}

/** What is shown of it, and what is doubtful about it, one line each. */
export interface ShownPreview {
  lines: string[]
  warnings: string[]
}

/**
 * What a kind shows of an attribute's value. Throws `wrong_usage` for a kind that shows nothing and for assignments that
 * are none, `config_invalid` for attributes that are wrong.
 */
export async function previewKind(
  manifest: TriggerManifest | undefined,
  { kind, text, assignments }: PreviewRequest,
  now: Date,
): Promise<ShownPreview> {
  if (!manifest?.preview) throw errors.wrong_usage({ reason: `The kind ${kind} has nothing to show of a value` })
  const { preview, attributes, check } = manifest
  const given = new Map(assignments.map((assignment) => readAssignment(assignment, attributes)))
  if (text !== undefined) given.set(preview.attribute, text)
  const { value, faults } = decode(attributes, Object.fromEntries(given))
  const wrong = faults.map(({ path, message, suggestion }) => {
    return lineOf({ path, message: suggestion === undefined ? message : `${message}, did you mean ${suggestion}?` })
  })
  if (value === undefined || wrong.length > 0) throw errors.config_invalid({ faults: wrong })
  const notes = check?.(value, { compat: 'none' }) ?? []
  const linesOf = (level: 'error' | 'warning'): string[] => notes.filter((note) => note.level === level).map(lineOf)
  if (linesOf('error').length > 0) throw errors.config_invalid({ faults: linesOf('error') })
  const show = await preview.load()
  return { lines: show(value, now), warnings: linesOf('warning') }
}

function readAssignment(assignment: string, attributes: Schema): [string, unknown] {
  const at = assignment.indexOf('=')
  if (at < 1) {
    throw errors.wrong_usage({ reason: `--set: expected key=value, got ${JSON.stringify(assignment)}` })
  }
  const key = assignment.slice(0, at)
  return [key, valueOf(assignment.slice(at + 1), fieldOf(attributes, key))]
}

function fieldOf(attributes: Schema, key: string): Schema | undefined {
  if (attributes.kind !== 'object') return undefined
  return attributes.fields[fieldNames(attributes).get(normaliseKey(key)) ?? '']
}

/** As YAML would read it, but a text stays a text where one is expected. */
function valueOf(text: string, field: Schema | undefined): unknown {
  if (field?.kind === 'string') return text
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text)
  return text === 'true' || text === 'false' ? text === 'true' : text
}

function lineOf({ path, message }: { path: Path; message: string }): string {
  return `${formatPath(path)}: ${message}`
}
