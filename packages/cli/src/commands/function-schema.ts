import { createCatalogue } from '../catalogue.ts'

/** The JSON Schema of function.yaml with every kind of this command, as editors read it. */
export async function functionSchemaText(): Promise<string> {
  const { toFunctionJsonSchema } = await import('@pelton/processor')
  const catalogue = createCatalogue()
  const [triggers, sinks, runtimes] = await Promise.all([catalogue.triggers(), catalogue.sinks(), catalogue.runtimes()])
  const schema = toFunctionJsonSchema({
    triggers: triggers.map(({ manifest }) => manifest),
    sinks: sinks.map(({ manifest }) => manifest),
    runtimes: runtimes.map(({ manifest }) => manifest),
  })
  return `${JSON.stringify(schema, null, 2)}\n`
}
