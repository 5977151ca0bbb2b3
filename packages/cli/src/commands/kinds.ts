import { nearest } from '@pelton/core'
import { createCatalogue } from '../catalogue.ts'
import { errors } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { defineCommand } from './command.ts'
import { functionSchemaText } from './function-schema.ts'
import { type KindEntry, families, listKinds } from './kind-entry.ts'
import { describeKind, kindTable } from './kind-text.ts'
import { flag } from './options.ts'

/** `pelton kinds`: what can be configured, from the kinds' own schemas. */
export const kindsCommand = defineCommand({
  name: 'kinds',
  summary: 'List the kinds of triggers and runtimes, with their keys',
  arguments: [
    { name: 'family', doc: `${families.join(' or ')}; a kind alone works too` },
    { name: 'kind', doc: 'show this one with all its keys' },
  ],
  options: {
    json: flag('--json', 'print JSON'),
    schema: flag('--schema', 'print the JSON Schema of function.yaml, for editors'),
  },
  examples: [
    { line: 'pelton kinds', doc: 'everything there is' },
    { line: 'pelton kinds triggers', doc: 'one family' },
    { line: 'pelton kinds http', doc: 'one kind with all its keys' },
    { line: 'pelton kinds --schema > function.schema.json', doc: 'completion in an editor' },
  ],
  async run({ arguments: [first, second], options, terminal }) {
    if (options.schema) {
      await terminal.result(await functionSchemaText())
      return exitCodes.done
    }
    const choice = chooseKinds(await listKinds(createCatalogue()), first, second)
    if (options.json)
      await terminal.result(
        `${JSON.stringify(choice.isDetailed ? choice.entries : choice.entries.map(brief), null, 2)}\n`,
      )
    else if (choice.isDetailed)
      await terminal.result(choice.entries.map((one) => describeKind(one, terminal.paintResult)).join('\n'))
    else await terminal.result(kindTable(choice.entries, terminal.paintResult))
    return exitCodes.done
  },
})

/** Which kinds are meant by `FAMILY`, `FAMILY KIND` or `KIND`; throws `kind_unknown`. */
export function chooseKinds(
  all: readonly KindEntry[],
  first: string | undefined,
  second: string | undefined,
): { entries: readonly KindEntry[]; isDetailed: boolean } {
  if (first === undefined) return { entries: all, isDetailed: false }
  const family = families.find((word) => word === first || word === `${first}s`)
  const ofFamily = family === undefined ? all : all.filter((entry) => entry.family === family)
  if (family !== undefined && second === undefined) return { entries: ofFamily, isDetailed: false }
  if (family === undefined && second !== undefined) throw unknown(first, families)
  const name = second ?? first
  const entries = ofFamily.filter((entry) => entry.kind === name || entry.aliases.includes(name))
  if (entries.length === 0)
    throw unknown(name, [...ofFamily.map(({ kind }) => kind), ...(second === undefined ? families : [])])
  return { entries, isDetailed: true }
}

function unknown(name: string, known: readonly string[]): Error {
  return errors.kind_unknown({ name, suggestion: nearest(name, known), known })
}

function brief({ family, kind, aliases, stability, summary }: KindEntry): Partial<KindEntry> {
  return { family, kind, aliases, stability, summary }
}
