import { oneOf } from './decode-scalar.ts'
import { formatDuration } from './duration.ts'
import type { ObjectSchema, Schema } from './schema.ts'
import { formatSize } from './size.ts'

/** One key of a schema, for a README, the terminal or a form. */
export interface TableRow {
  /** Dotted: `cors.enabled`, `brokers[].host`, `headers.*`. */
  key: string
  type: string
  /** As people write it: `4MiB`, `10s`; `required`, or empty without a default. */
  default: string
  /** Unit of a bare number; empty when there is none. */
  unit: string
  meaning: string
}

/** One row a key, nested keys after their parent. */
export function toTable(schema: Schema<unknown>): TableRow[] {
  return rowsUnder(schema, '')
}

/** The rows as a Markdown table, with a line break at its end; a sentence when there are no keys. */
export function toMarkdownTable(rows: readonly TableRow[]): string {
  if (rows.length === 0) return 'There is nothing to set.\n'
  const lines = ['| Key | Type | Default | Bare number | Meaning |', '|---|---|---|---|---|']
  for (const row of rows) {
    const value = row.default === '' || row.default === 'required' ? row.default : code(row.default)
    lines.push(`| ${[code(row.key), escape(row.type), value, row.unit, escape(row.meaning)].join(' | ')} |`)
  }
  return `${lines.join('\n')}\n`
}

function rowsUnder(schema: Schema<unknown>, key: string): TableRow[] {
  if (schema.kind === 'object') return objectRows(schema, key)
  if (schema.kind === 'list') return rowsUnder(schema.item, `${key}[]`)
  if (schema.kind === 'map') return rowsUnder(schema.value, key === '' ? '*' : `${key}.*`)
  return []
}

function objectRows(schema: ObjectSchema, parent: string): TableRow[] {
  const rows: TableRow[] = []
  for (const [name, field] of Object.entries(schema.fields)) {
    const key = parent === '' ? name : `${parent}.${name}`
    rows.push(toRow(field, key), ...rowsUnder(field, key))
  }
  return rows
}

function toRow(schema: Schema<unknown>, key: string): TableRow {
  const unit = schema.kind === 'duration' ? schema.unit : schema.kind === 'size' ? 'bytes' : ''
  return { key, type: describeType(schema), default: describeDefault(schema), unit, meaning: describeMeaning(schema) }
}

function describeMeaning(schema: Schema<unknown>): string {
  const notes: string[] = schema.doc ? [schema.doc] : []
  if (schema.aliases?.length) notes.push(`also \`${schema.aliases.join('`, `')}\``)
  if (schema.ignored) notes.push('accepted, but not used here')
  return notes.join('; ')
}

function describeType(schema: Schema<unknown>): string {
  switch (schema.kind) {
    case 'string':
      return 'text'
    case 'number':
      return `number${describeRange(schema, String)}`
    case 'integer':
      return `whole number${describeRange(schema, String)}`
    case 'boolean':
      return 'true or false'
    case 'duration':
      return `duration${describeRange(schema, formatDuration)}`
    case 'size':
      return `size${describeRange(schema, formatSize)}`
    case 'choice':
      return oneOf(schema.choices.map((choice) => `\`${choice}\``))
    case 'list':
      return `list of ${describeType(schema.item)}`
    case 'map':
      return `keys with ${describeType(schema.value)}`
    case 'object':
      return 'keys'
    case 'any':
      return 'anything'
  }
}

function describeRange(bounds: { min?: number; max?: number }, format: (value: number) => string): string {
  const { min, max } = bounds
  if (min !== undefined && max !== undefined) return `, ${format(min)} to ${format(max)}`
  if (max !== undefined) return `, at most ${format(max)}`
  return min === undefined || min === 0 ? '' : `, at least ${format(min)}`
}

function describeDefault(schema: Schema<unknown>): string {
  const value = schema.default
  if (value === undefined) return schema.optional ? '' : 'required'
  if (schema.kind === 'duration') return formatDuration(Number(value))
  if (schema.kind === 'size') return formatSize(Number(value))
  if (Array.isArray(value)) return value.join(', ')
  if (typeof value === 'object' && value !== null) return ''
  return String(value)
}

function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|').replaceAll('`', "'")}\``
}

function escape(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')
}
