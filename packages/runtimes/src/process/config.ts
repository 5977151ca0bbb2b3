import { type Static, schema } from '@pelton/core'

/** `spec.runtimeAttributes` of a function whose host is a program of its own. */
export const attributes = schema.object({
  command: schema.optional(
    schema.list(schema.string({ acceptsScalars: true }), {
      minItems: 1,
      doc: 'The program and its arguments: a name on PATH, or a path from the folder of the function. Without it `spec.handler` names the program',
    }),
  ),
  startTimeout: schema.duration({
    unit: 's',
    default: 60_000,
    min: 1,
    doc: 'How long the program may take to say that it is ready',
  }),
  memory: schema.boolean({
    default: false,
    doc: 'Puts bodies of 256 KiB and more into shared memory, which the program has to map: descriptor 5',
  }),
})

/** The decoded attributes. */
export type ProcessAttributes = Static<typeof attributes>
