import { quote } from '@pelton/core'
import { InferenceError } from '@pelton/protocols/inference'
import type { RepositoryModel } from '@pelton/protocols/inference/grpc'
import { ModelCounts } from '../statistics/model-counts.ts'
import type { ModelDescription } from './served-model.ts'

/** A model that clients may ask for. */
export interface ServedModel extends ModelDescription {
  /** What became of its requests. */
  readonly counts: ModelCounts
}

/** Why clients are not served a model that is known. */
export interface Absence {
  state: 'UNAVAILABLE' | 'LOADING' | 'UNLOADING'
  /** For the index. */
  reason: string
}

/** More names are not told in a message. */
const mostNamed = 20

/** The models of one trigger and their states. */
export class Models {
  readonly #read: () => readonly ModelDescription[]
  #described: readonly ModelDescription[] | undefined
  /** Those that are absent, too. */
  #known: readonly ServedModel[] = []
  #byName: ReadonlyMap<string, readonly ServedModel[]> = new Map()
  readonly #absences = new Map<string, Absence>()

  /** `read` gives what there is at the time: the same list as long as nothing has changed. */
  constructor(read: () => readonly ModelDescription[]) {
    this.#read = read
  }

  /** Those that are served, in order. */
  all(): readonly ServedModel[] {
    const known = this.known()
    return this.#absences.size === 0 ? known : known.filter(({ name }) => !this.#absences.has(name))
  }

  /** The same with those that are not loaded. */
  known(): readonly ServedModel[] {
    this.#refresh()
    return this.#known
  }

  /** InferenceError 404 for an unknown name or version, or a model that is not loaded; an empty version is the first one. */
  find(name: string, version: string): ServedModel {
    const model = this.#search(name, version)
    if (!model) throw this.#unknown(name, version)
    if (this.#absences.has(name)) throw notLoaded(name)
    return model
  }

  /** All versions of a model, or the one; without a name all models. InferenceError 404 as `find`. */
  select(name: string, version: string): readonly ServedModel[] {
    if (name === '') return this.all()
    const model = this.find(name, version)
    return version === '' ? (this.#byName.get(name) ?? []) : [model]
  }

  /** Whether `find` gives one. */
  has(name: string, version: string): boolean {
    return this.#search(name, version) !== undefined && !this.#absences.has(name)
  }

  /** Whether there is a model of that name, loaded or not. */
  isKnown(name: string): boolean {
    return this.#search(name, '') !== undefined
  }

  /** Undefined for one that is served, or unknown. */
  absenceOf(name: string): Absence | undefined {
    return this.#absences.get(name)
  }

  /** Serves a model that is known no more, also when its workers have it no longer. */
  leave(name: string, absence: Absence): void {
    this.#absences.set(name, absence)
  }

  /** Serves a model again; it is unknown afterwards when it is not there any more. */
  bringBack(name: string): void {
    if (!this.#absences.delete(name)) return
    this.#described = undefined
  }

  /** Every known model with its state; served ones are ready when the workers are. */
  index({ isReady, readyOnly = false }: { isReady: boolean; readyOnly?: boolean }): RepositoryModel[] {
    const served = isReady ? ready : waiting
    const lines = this.known().map(({ name, version }) => ({
      name,
      version,
      ...(this.#absences.get(name) ?? served),
    }))
    return readyOnly ? lines.filter(({ state }) => state === 'READY') : lines
  }

  #refresh(): void {
    const described = this.#read()
    if (described === this.#described) return
    this.#described = described
    const names = new Set(described.map(({ name }) => name))
    const counts = new Map(this.#known.map((model) => [keyOf(model), model.counts]))
    const gone = this.#known.filter(({ name }) => this.#absences.has(name) && !names.has(name))
    const there = described.map((model) => ({ ...model, counts: counts.get(keyOf(model)) ?? new ModelCounts() }))
    this.#known = [...there, ...gone]
    this.#byName = Map.groupBy(this.#known, (model) => model.name)
  }

  #search(name: string, version: string): ServedModel | undefined {
    this.#refresh()
    const models = this.#byName.get(name)
    return version === '' ? models?.[0] : models?.find((model) => model.version === version)
  }

  #unknown(name: string, version: string): InferenceError {
    const versions = this.#byName.get(name)?.map((one) => one.version)
    if (versions) {
      const message = `model ${quote(name, 100)} has no version ${quote(version, 100)}; there are ${list(versions)}`
      return new InferenceError(404, message)
    }
    return new InferenceError(404, `unknown model ${quote(name, 100)}; there are ${list([...this.#byName.keys()])}`)
  }
}

const ready = { state: 'READY', reason: '' }
const waiting = { state: 'UNAVAILABLE', reason: 'the workers are not ready' }

function keyOf({ name, version }: ModelDescription): string {
  return JSON.stringify([name, version])
}

function notLoaded(name: string): InferenceError {
  const path = `/v2/repository/models/${encodeURIComponent(name)}/load`
  return new InferenceError(404, `model ${quote(name, 100)} is not loaded: load it by POST ${path}`)
}

function list(names: readonly string[]): string {
  return (
    names
      .slice(0, mostNamed)
      .map((name) => quote(name, 100))
      .join(', ') || 'none'
  )
}
