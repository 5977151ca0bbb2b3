import { nearest, oneOf } from '@pelton/core'
import { createCatalogue } from '../catalogue.ts'
import { errors } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { defineCommand } from './command.ts'
import { functionSchemaText } from './function-schema.ts'
import { type KindEntry, families, listKinds } from './kind-entry.ts'
import { previewKind } from './kind-preview.ts'
import { describeKind, kindTable } from './kind-text.ts'
import { flag, texts } from './options.ts'
import type { Terminal } from '../terminal.ts'

/** `pelton kinds`: what can be configured, from the kinds' own schemas. */
export const kindsCommand = defineCommand({
  name: 'kinds',
  summary: 'List the kinds of triggers, sinks and runtimes, with their keys',
  arguments: [
    { name: 'family', doc: `${oneOf(families)}; a kind alone works too` },
    { name: 'kind', doc: 'show this one with all its keys' },
    { name: 'text', doc: 'after the kind: show what it makes of this value, such as the next runs of a schedule' },
  ],
  options: {
    set: texts('--set <key=value>', 'a further attribute for TEXT: timezone=Europe/Rome'),
    json: flag('--json', 'print JSON'),
    schema: flag('--schema', 'print the JSON Schema of function.yaml, for editors'),
  },
  examples: [
    { line: 'pelton kinds', doc: 'everything there is' },
    { line: 'pelton kinds triggers', doc: 'one family' },
    { line: 'pelton kinds http', doc: 'one kind with all its keys' },
    { line: "pelton kinds cron '*/5 8-18 * * 1-5'", doc: 'the next runs of a schedule' },
    { line: 'pelton kinds --schema > function.schema.json', doc: 'completion in an editor' },
  ],
  async run({ arguments: words, options, terminal }) {
    if (options.schema) {
      await terminal.result(await functionSchemaText())
      return exitCodes.done
    }
    const choice = chooseKinds(await listKinds(createCatalogue()), words)
    if (choice.text !== undefined || options.set) await showPreview(choice, options, terminal)
    else if (options.json)
      await terminal.result(
        `${JSON.stringify(choice.isDetailed ? choice.entries : choice.entries.map(brief), null, 2)}\n`,
      )
    else if (choice.isDetailed)
      await terminal.result(choice.entries.map((one) => describeKind(one, terminal.paintResult)).join('\n'))
    else await terminal.result(kindTable(choice.entries, terminal.paintResult))
    return exitCodes.done
  },
})

/** Kinds, and a value of which one of them shows something. */
interface KindChoice {
  entries: readonly KindEntry[]
  isDetailed: boolean
  text?: string
}

/** Which kinds are meant by `FAMILY`, `FAMILY KIND` or `KIND`, the latter two with a text behind; throws `kind_unknown`. */
export function chooseKinds(all: readonly KindEntry[], words: readonly (string | undefined)[]): KindChoice {
  const [first, second] = words
  if (first === undefined) return { entries: all, isDetailed: false }
  const family = families.find((word) => word === first || word === `${first}s`)
  const ofFamily = family === undefined ? all : all.filter((entry) => entry.family === family)
  if (family !== undefined && second === undefined) return { entries: ofFamily, isDetailed: false }
  const [name = '', text, ...more] = family === undefined ? words : words.slice(1)
  const entries = ofFamily.filter((entry) => entry.kind === name || entry.aliases.includes(name))
  if (entries.length === 0) {
    throw unknown(name, [...ofFamily.map(({ kind }) => kind), ...(family === undefined ? families : [])])
  }
  if (more.some((word) => word !== undefined)) {
    throw errors.wrong_usage({ reason: `More than one text follows ${name}; put it in quotes` })
  }
  return { entries, isDetailed: true, ...(text === undefined ? {} : { text }) }
}

async function showPreview(
  { entries, isDetailed, text }: KindChoice,
  { json, set = [] }: { json?: boolean; set?: string[] },
  terminal: Terminal,
): Promise<void> {
  if (!isDetailed)
    throw errors.wrong_usage({ reason: '--set goes with a kind: pelton kinds KIND TEXT --set key=value' })
  const { kind = '', preview } = entries.find((entry) => entry.preview) ?? entries[0] ?? {}
  const found = preview && (await createCatalogue().trigger(kind))
  const { lines, warnings } = await previewKind(found?.manifest, { kind, text, assignments: set }, new Date())
  for (const warning of warnings) terminal.say(`${terminal.paint('yellow', 'warning')} ${warning}\n`)
  await terminal.result(json ? `${JSON.stringify(lines, null, 2)}\n` : lines.map((line) => `${line}\n`).join(''))
}

function unknown(name: string, known: readonly string[]): Error {
  return errors.kind_unknown({ name, suggestion: nearest(name, known), known })
}

function brief({ family, kind, aliases, stability, summary }: KindEntry): Partial<KindEntry> {
  return { family, kind, aliases, stability, summary }
}
