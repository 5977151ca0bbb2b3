import type { ModelFacts } from '@pelton/core'
import type { Datatype, ModelMetadata, TensorMetadata } from '@pelton/protocols/inference'
import type { ModelEntry, OpenInferenceAttributes } from '../config.ts'

/** A model, as clients are told of it. */
export interface ModelDescription extends ModelMetadata {
  readonly version: string
  /** Most rows that are run together; 0: requests are not put together. */
  readonly maxBatchSize: number
  /** What its workers call it, when they run it by themselves; absent: a handler answers for it. */
  readonly source?: ModelFacts
}

/** The models of a configuration, which a handler answers for, in its order. */
export function configuredModels(entries: readonly ModelEntry[], platform: string): ModelDescription[] {
  const versions = Map.groupBy(entries, (entry) => entry.model_name)
  return entries.map(({ model_name, model_version, input_tensors, output_tensors }) => ({
    name: model_name,
    version: model_version,
    versions: (versions.get(model_name) ?? []).map((entry) => entry.model_version),
    platform,
    inputs: input_tensors,
    outputs: output_tensors,
    maxBatchSize: 0,
  }))
}

/** The models that workers run by themselves, under the names that the configuration gives them; of one name the highest version first. */
export function workersModels(facts: readonly ModelFacts[], given: OpenInferenceAttributes): ModelDescription[] {
  const named = facts.map((source) => ({ source, ...namesOf(source, facts, given) }))
  return [...Map.groupBy(named, ({ name }) => name).values()].flatMap((models) => {
    const ascending = models.toSorted((one, other) => byVersion(one.version, other.version))
    const versions = ascending.map(({ version }) => version)
    return ascending.toReversed().map(({ name, version, source }) => ({
      name,
      version,
      versions,
      platform: source.platform,
      inputs: tensorsOf(source.inputs),
      outputs: tensorsOf(source.outputs),
      maxBatchSize: source.maxBatchSize,
      source,
    }))
  })
}

/** Why a configuration does not go with the models of the workers, as an attribute and a sentence about it; undefined: it does. */
export function modelMismatch(facts: readonly ModelFacts[], given: OpenInferenceAttributes): string | undefined {
  const described = describedTensors(given)
  if (described) return `${described} describes a model that its file describes: leave it out`
  const names = [...new Set(facts.map(({ name }) => name))].slice(0, 20).map((name) => JSON.stringify(name))
  for (const key of ['model_name', 'model_version'] as const) {
    if (given[key] !== undefined && facts.length !== 1) {
      return `${key} renames an only model, but there are ${facts.length}: leave it out${names.length > 0 ? `; they are ${names.join(', ')}` : ''}`
    }
  }
  const missing = given.models?.find((entry) => !facts.some((fact) => isNamed(fact, facts, entry)))
  if (!missing) return undefined
  const { model_name, model_version } = missing
  return `models has ${JSON.stringify(model_name)} of version ${JSON.stringify(model_version)}, which is not there; there are ${names.join(', ') || 'none'}`
}

function describedTensors(given: OpenInferenceAttributes): string | undefined {
  const all: readonly Pick<OpenInferenceAttributes, 'input_tensors' | 'output_tensors'>[] = [
    given,
    ...(given.models ?? []),
  ]
  for (const { input_tensors, output_tensors } of all) {
    if (input_tensors?.length) return 'input_tensors'
    if (output_tensors?.length) return 'output_tensors'
  }
  return undefined
}

function namesOf(
  fact: ModelFacts,
  facts: readonly ModelFacts[],
  { model_name, model_version, models }: OpenInferenceAttributes,
): Pick<ModelDescription, 'name' | 'version'> {
  const { name, version } = fact
  if (facts.length === 1 && !models) return { name: model_name ?? name, version: model_version ?? version }
  const entry = models?.find((one) => isNamed(fact, facts, one))
  return { name, version: entry?.model_version ?? version }
}

/** By its name and version, or, where the name has one version only, by its name: then the entry gives it another one. */
function isNamed({ name, version }: ModelFacts, facts: readonly ModelFacts[], entry: ModelEntry): boolean {
  if (entry.model_name !== name) return false
  return entry.model_version === version || facts.filter((fact) => fact.name === name).length === 1
}

/** Versions are numbers mostly: 10 comes after 9. */
function byVersion(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true })
}

/** Their datatypes are those of the protocol, as `TensorFacts` promises. */
function tensorsOf(tensors: ModelFacts['inputs']): readonly TensorMetadata[] {
  return tensors.map(({ name, datatype, shape }) => ({ name, datatype: datatype as Datatype, shape }))
}
