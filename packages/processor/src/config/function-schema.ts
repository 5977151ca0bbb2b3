import { type Compat, type PartOf, type Static, schema } from '@pelton/core'
import { buildSchema, clusterFields } from './cluster-fields.ts'
import { maxTimerMs, triggerSchema } from './trigger-schema.ts'

const { any, boolean, choice, duration, integer, list, map, object, optional, string } = schema

/** Schema of a function file. In nuclio's form texts may be written as bare numbers and booleans. */
export function functionSchema(compat: Compat) {
  return compat === 'none' ? peltonForm : nuclioForm
}

const peltonForm = makeSchema(false)
const nuclioForm = makeSchema(true)

/** Pelton's form with the schema of triggers in place, for documentation and editors. */
export function fullFunctionSchema() {
  const triggers = map(triggerSchema(false), { default: {}, doc: 'Triggers by name' })
  const spec = object({ ...makeSpec(false), triggers }, { default: {}, doc: 'How the function runs' })
  return object({ ...makeFields(false), spec })
}

function makeSchema(isNuclio: boolean) {
  return object(makeFields(isNuclio))
}

function makeFields(isNuclio: boolean) {
  return {
    apiVersion: optional(string({ doc: '`pelton/v1`, or `nuclio.io/v1` for a file with nuclio’s rules' })),
    kind: optional(string({ doc: '`Function`, or `NuclioFunction`' })),
    metadata: object(makeMetadata(isNuclio), { default: {}, doc: 'What the function is called' }),
    spec: object(makeSpec(isNuclio), { default: {}, doc: 'How the function runs' }),
    status: optional(any({ ignored: true })),
  }
}

function makeMetadata(isNuclio: boolean) {
  const text = { acceptsScalars: isNuclio }
  return {
    name: optional(string({ ...text, doc: 'Name; the folder’s or the file’s when absent' })),
    namespace: string({ ...text, default: 'default', doc: 'Namespace' }),
    labels: map(string(text), { default: {}, doc: 'Labels; `nuclio.io/project-name` becomes a metrics label' }),
    annotations: map(string(text), { default: {}, doc: 'Annotations' }),
    resourceVersion: optional(string({ acceptsScalars: true, ignored: true })),
  }
}

function makeSpec(isNuclio: boolean) {
  return { ...makeFunctionFields(isNuclio), ...makeTimeFields(), build: buildSchema, ...clusterFields }
}

function makeFunctionFields(isNuclio: boolean) {
  const text = { acceptsScalars: isNuclio }
  return {
    description: string({ ...text, default: '', doc: 'Free text' }),
    handler: string({ default: '', doc: '`entry`, `module:entry` or a file; the runtime’s default when empty' }),
    runtime: string({
      default: '',
      doc: 'Runtime, with or without a version: `nodejs`, `python:3.11`; by the handler’s ending when empty',
    }),
    runtimeAttributes: map(any(), { default: {}, doc: 'What the runtime needs; see its page' }),
    version: string({ acceptsScalars: true, default: '-1', doc: 'Version, as handlers see it' }),
    compat: optional(
      choice(['nuclio', 'digitalhub', 'none'], { doc: 'Whose rules apply; by `apiVersion` when absent' }),
    ),
    isolation: choice(['thread', 'process'], { default: 'thread', doc: 'What a worker of `nodejs` is' }),
    exposeErrors: boolean({ default: false, doc: 'Puts error texts of the handler into response bodies' }),
    models: map(modelEntry(), { default: {}, doc: 'Models that handlers run: `context.models.NAME.run`' }),
    env: list(envEntry(isNuclio), { default: [], doc: 'Environment variables' }),
    envFrom: optional(list(any(), { doc: 'Variables from a cluster; not read here' })),
    triggers: map(any(), { default: {}, doc: 'Triggers by name' }),
    disableDefaultHTTPTrigger: boolean({ default: false, doc: 'Adds no http trigger when there is no trigger' }),
    loggerSinks: list(loggerSink(), { default: [], doc: 'The lowest level is the function’s' }),
  }
}

/** One entry of `spec.models`; the runtime of the file's ending reads `runtimeAttributes`. */
function modelEntry() {
  return object({
    file: string({
      minLength: 1,
      doc: 'The model’s file, from the folder of the function; its ending chooses what runs it',
    }),
    numWorkers: integer({ default: 1, min: 1, max: 1024, doc: 'Runs of the model at a time' }),
    runtimeAttributes: map(any(), { default: {}, doc: 'What the runtime of the file needs; see its page' }),
  })
}

function makeTimeFields() {
  return {
    eventTimeout: optional(
      duration({ unit: 's', min: 1, max: maxTimerMs, doc: 'Longest time that an event may take; none when absent' }),
    ),
    drainDelay: optional(
      duration({
        unit: 's',
        max: maxTimerMs,
        doc: 'How long to go on serving after a stop signal; 0, on Kubernetes 5s',
      }),
    ),
    terminationGracePeriod: duration({
      unit: 's',
      default: 25_000,
      max: maxTimerMs,
      doc: 'Longest time from a stop signal to the end',
    }),
  }
}

function envEntry(isNuclio: boolean) {
  const text = { acceptsScalars: isNuclio }
  return object({
    // What the operating system cannot carry: a name with `=`, anything with a NUL.
    name: string({ ...text, pattern: /^[^=\0]+$/, patternWords: 'a name without =', doc: 'Name' }),
    value: optional(
      string({
        ...text,
        pattern: /^[^\0]*$/,
        patternWords: 'a text without NUL characters',
        secret: true,
        doc: 'Value',
      }),
    ),
    valueFrom: optional(any({ doc: 'Reference into a cluster; not read here' })),
  })
}

function loggerSink() {
  const level = choice(['debug', 'info', 'warn', 'warning', 'error'], { doc: 'Lowest level that is logged' })
  return object({ level: optional(level), sink: optional(string({ ignored: true })) })
}

/** A function file's values, all of them. */
export type FunctionFile = Static<typeof peltonForm>

/** A function file's values, as far as they are right. */
export type PartOfFunctionFile = PartOf<FunctionFile>
