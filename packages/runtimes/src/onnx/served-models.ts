import { type ModelFacts, quote } from '@pelton/core'
import { InferenceError } from '@pelton/protocols/inference'
import type { BatchQueue } from './batch-queue.ts'
import type { Session } from './session.ts'

/** A model that a worker runs. */
export interface ServedModel {
  facts: ModelFacts
  session: Session
  queue: BatchQueue
}

/** What a request calls its model; empty: it does not say. */
export interface ModelName {
  name: string
  version: string
}

/** More names are not told in a message. */
const mostNamed = 20

/**
 * The model of that name and version among those of a worker, where those of one name stand newest first: without a version the
 * newest, without a name the only one there is. InferenceError 404 for an unknown one, 400 for a name that is missing.
 */
export function chooseModel(models: readonly ServedModel[], { name, version }: ModelName): ServedModel {
  const names = [...new Set(models.map(({ facts }) => facts.name))]
  if (name === '' && names.length !== 1) {
    throw new InferenceError(400, `the request does not name its model; there are ${list(names)}`)
  }
  const ofName = name === '' ? models : models.filter(({ facts }) => facts.name === name)
  const model = version === '' ? ofName[0] : ofName.find(({ facts }) => facts.version === version)
  if (model) return model
  if (ofName.length === 0) throw new InferenceError(404, `unknown model ${quote(name, 100)}; there are ${list(names)}`)
  const versions = list(ofName.map(({ facts }) => facts.version))
  const shown = quote(name === '' ? (names[0] ?? '') : name, 100)
  throw new InferenceError(404, `model ${shown} has no version ${quote(version, 100)}; there are ${versions}`)
}

function list(names: readonly string[]): string {
  return (
    names
      .slice(0, mostNamed)
      .map((name) => quote(name, 100))
      .join(', ') || 'none'
  )
}
