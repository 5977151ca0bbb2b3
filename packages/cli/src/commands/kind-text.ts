import { alignColumns } from '../screen/columns.ts'
import type { Paint } from '../screen/paint.ts'
import type { KindEntry } from './kind-entry.ts'

/** One line a kind, by family. */
export function kindTable(entries: readonly KindEntry[], paint: Paint): string {
  const lines: string[] = []
  for (const family of new Set(entries.map((entry) => entry.family))) {
    const rows = entries.filter((entry) => entry.family === family)
    lines.push(paint('bold', family), ...alignColumns(rows.map((row) => [row.kind, row.stability, row.summary])), '')
  }
  return `${lines.join('\n')}`
}

/** Everything about one kind. */
export function describeKind(entry: KindEntry, paint: Paint): string {
  const lines = [`${paint('bold', `${entry.family} ${entry.kind}`)} (${entry.stability})`, entry.summary, '']
  const facts = { ...entry.facts, ...(entry.aliases.length > 0 ? { 'also called': entry.aliases.join(', ') } : {}) }
  lines.push(...alignColumns(Object.entries(facts)), '')
  const title = entry.family === 'runtimes' ? 'runtimeAttributes' : 'attributes'
  lines.push(paint('bold', title), ...attributeLines(entry, paint), '')
  lines.push(...section('event.fields', Object.entries(entry.fields), paint))
  const members = entry.handlerMembers.map(({ on, name, doc }) => [`${on}.${name}`, doc])
  lines.push(...section('in the handler', members, paint))
  lines.push(...section('of a value', previewRows(entry), paint))
  return lines.join('\n')
}

function previewRows({ kind, preview }: KindEntry): string[][] {
  return preview ? [[`pelton kinds ${kind} ${preview.attribute.toUpperCase()}`, preview.doc]] : []
}

/** Two lines a key, so that meanings are read on a narrow terminal too. */
function attributeLines({ attributes }: KindEntry, paint: Paint): string[] {
  if (attributes.length === 0) return ['  there is nothing to set']
  const heads = alignColumns(attributes.map(({ key, type, unit }) => [key, describeType(type, unit)]))
  return attributes.flatMap(({ default: value, meaning }, index) => {
    const state = value === '' || value === 'required' ? value : `default ${value}`
    const head = `${heads[index] ?? ''}${state === '' ? '' : `, ${state}`}`
    return [head, ...(meaning === '' ? [] : [`      ${paint('dim', plain(meaning))}`])]
  })
}

function describeType(type: string, unit: string): string {
  return `${plain(type)}${unit === '' ? '' : ` (bare number: ${unit})`}`
}

/** The texts are Markdown for the READMEs. */
function plain(text: string): string {
  return text.replaceAll('`', '')
}

function section(title: string, rows: readonly (readonly string[])[], paint: Paint): string[] {
  return rows.length === 0 ? [] : [paint('bold', title), ...alignColumns(rows), '']
}
