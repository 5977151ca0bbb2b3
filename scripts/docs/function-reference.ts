import { toMarkdownTable, toTable } from '@pelton/core'
import { fullFunctionSchema, toFunctionJsonSchema } from '@pelton/processor'
import type { Kinds } from './kinds.ts'

/** `docs/reference/function-yaml.md`. */
export function renderFunctionReference(): string {
  return `# function.yaml

Keys match in any letter case, and \`snake_case\` equals \`camelCase\`. Durations are \`250ms\`, \`5s\`, \`1m30s\`, or a bare number in
the unit that is said here; sizes are \`64KiB\`, \`4MB\`, or bytes. What a trigger takes in \`attributes\` is in [kinds](kinds.md).
Editors complete and check the file when its first line is \`# yaml-language-server: $schema=\` with the path of
[function.schema.json](function.schema.json), which \`pelton init\` writes.

${toMarkdownTable(toTable(fullFunctionSchema()))}`
}

/** `docs/reference/function.schema.json`: JSON Schema (draft 2020-12) with all kinds of this repository. */
export function renderFunctionSchema({ triggers, sinks, runtimes }: Kinds): string {
  const schema = toFunctionJsonSchema({
    triggers: triggers.map(({ manifest }) => manifest),
    sinks: sinks.map(({ manifest }) => manifest),
    runtimes: runtimes.map(({ manifest }) => manifest),
  })
  return `${JSON.stringify(schema, null, 2)}\n`
}
