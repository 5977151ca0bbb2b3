import path from 'node:path'
import { type ErrorRow, type PeltonError } from '@pelton/core'
import { findFiles } from '../tools/repository.ts'

/** One error of some package's table. */
export interface DocumentedError {
  code: string
  row: ErrorRow<never>
  /** The table's file, relative to the repository, with `/`. */
  file: string
}

type Factory = ((facts: never) => PeltonError) & { code: string; row: ErrorRow<never> }

/** Loads every `errors.ts` below `packages/`; each exports one table as `errors`. Sorted by file and code. */
export async function readErrorTables(repository: string): Promise<DocumentedError[]> {
  const files = findFiles(path.join(repository, 'packages'), (file) => path.basename(file) === 'errors.ts')
  const tables = files.map(async (file) => {
    const { errors } = (await import(file)) as { errors?: Record<string, Factory> }
    if (!errors) throw new Error(`${file} must export its table as errors`)
    const name = path.relative(repository, file).replaceAll(path.sep, '/')
    return Object.values(errors).map(({ code, row }) => ({ code, row, file: name }))
  })
  return (await Promise.all(tables)).flat().toSorted((a, b) => compare(a.file, b.file) || compare(a.code, b.code))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** `docs/reference/errors.md`. */
export function renderErrorReference(all: readonly DocumentedError[]): string {
  const sections = [...new Set(all.map((error) => error.file))].map((file) => {
    const rows = all.filter((error) => error.file === file).map(renderError)
    return `## ${sectionName(file)}\n\n${rows.join('\n')}`
  })
  return `# Errors\n\n${introduction}\n\n${sections.join('\n')}`
}

const introduction = `Every error has a stable code: it is in the log, and it never changes its meaning.
**Blame** says where to look first: \`user\` is the function or its configuration, \`upstream\` a peer, \`bug\` is ours. **Status** answers an HTTP caller.`

/** `packages/connectors/src/triggers/http/errors.ts` → `connectors/triggers/http`. */
function sectionName(file: string): string {
  return file
    .replace(/^packages\//, '')
    .replace('/src/', '/')
    .replace(/\/errors\.ts$/, '')
}

function renderError({ code, row }: DocumentedError): string {
  const retry = row.retryable ? 'may succeed later' : 'will not succeed by itself'
  return [
    `### \`${code}\``,
    '',
    `> ${renderMessage(row)}`,
    '',
    `Blame: \`${row.blame}\`, status ${row.status ?? 500}, ${retry}.`,
    row.help,
    '',
  ].join('\n')
}

/** The message with its facts named in angle brackets. */
function renderMessage(row: ErrorRow<never>): string {
  return escapeMarkdown(
    row
      .message(placeholder('') as never)
      .split('\n', 1)
      .join(''),
  )
}

function escapeMarkdown(text: string): string {
  return text.replaceAll('<', '‹').replaceAll('>', '›')
}

/** Stands for any fact: whatever a message does with it, it becomes `<name>` in the end. */
function placeholder(name: string): unknown {
  const text = (): string => `<${name}>`
  return new Proxy(() => undefined, {
    get(_target, key) {
      if (key === Symbol.toPrimitive || key === 'toString' || key === 'toJSON') return text
      if (key === Symbol.iterator) return () => [placeholder(name)].values()
      return placeholder(name === '' && typeof key === 'string' ? key : name)
    },
    apply: () => placeholder(name),
  })
}
