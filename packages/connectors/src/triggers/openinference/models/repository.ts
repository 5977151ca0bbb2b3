import path from 'node:path'
import { type Clock, type PeltonLogger, type TriggerWorkers, isPeltonError, quote } from '@pelton/core'
import { InferenceError } from '@pelton/protocols/inference'
import type { Models } from './models.ts'

/** Loads and unloads models by their names. Rejects with InferenceError. */
export interface ModelRepository {
  /** Also one that is loaded: then it is there anew. When it fails, what was there stays. */
  load(name: string, parameters: RepositoryParameters): Promise<void>
  /** It is not served from here on; requests for it that are under way are answered. */
  unload(name: string, parameters: RepositoryParameters): Promise<void>
}

/** What a client gives with it. */
export type RepositoryParameters = Readonly<Record<string, unknown>>

/** What a repository is made of. */
export interface RepositoryParts {
  models: Models
  workers: TriggerWorkers
  clock: Clock
  logger: PeltonLogger
  /** Of the function. */
  folder: string
  /** Clients may load and unload. */
  isAllowed: boolean
}

interface Change {
  kind: 'load' | 'unload'
  /** Files that are put there from here on may not be what it loads. */
  hasBegun: boolean
  done: Promise<void>
}

/** More changes do not wait for their turn. */
const mostWaiting = 32
/** So long a model that is unloaded is kept for requests that wait for a worker. */
const longestDrainMs = 30_000
const drainStepMs = 10
/** What clients of Triton send that means nothing here: no model depends on another one. */
const overlooked = new Set(['unload_dependents'])

/** The models of a trigger's workers; they change one after the other. */
export class Repository implements ModelRepository {
  readonly #parts: RepositoryParts
  /** The last change of each model that is not done. */
  readonly #latest = new Map<string, Change>()
  #last: Promise<void> = Promise.resolve()
  #waiting = 0

  constructor(parts: RepositoryParts) {
    this.#parts = parts
  }

  async load(name: string, parameters: RepositoryParameters): Promise<void> {
    this.#admit(parameters)
    const { models, workers } = this.#parts
    // Workers that run models may find one that has come since.
    if (!workers.models && !models.isKnown(name)) models.find(name, '')
    await this.#change('load', name)
  }

  async unload(name: string, parameters: RepositoryParameters): Promise<void> {
    this.#admit(parameters)
    const { models } = this.#parts
    if (!models.isKnown(name)) models.find(name, '')
    await this.#change('unload', name)
  }

  #admit(parameters: RepositoryParameters): void {
    if (!this.#parts.isAllowed) {
      throw new InferenceError(403, 'models are not loaded or unloaded here: the attribute model_control allows it')
    }
    const refused = Object.keys(parameters).find((name) => !overlooked.has(name))
    if (refused === undefined) return
    const message = `the parameter ${JSON.stringify(refused.slice(0, 100))} is not taken: models are what their files are`
    throw new InferenceError(400, message)
  }

  /** One that is asked for while the same waits for its turn is the same; so is an unload that has begun. */
  #change(kind: Change['kind'], name: string): Promise<void> {
    const latest = this.#latest.get(name)
    if (latest?.kind === kind && (kind === 'unload' || !latest.hasBegun)) return latest.done
    const { models } = this.#parts
    if (kind === 'unload' && !latest && models.absenceOf(name)) return Promise.resolve()
    if (this.#waiting >= mostWaiting) {
      throw new InferenceError(503, `more than ${mostWaiting} models wait to be loaded or unloaded: try again`)
    }
    this.#waiting += 1
    if (kind === 'unload') models.leave(name, unloading)
    const change: Change = { kind, hasBegun: false, done: this.#last.then(() => this.#make(change, name)) }
    // The next one comes whatever became of this one.
    this.#last = change.done.catch(() => undefined)
    this.#latest.set(name, change)
    return change.done
  }

  async #make(change: Change, name: string): Promise<void> {
    change.hasBegun = true
    try {
      await (change.kind === 'load' ? this.#load(name) : this.#unload(name))
    } finally {
      this.#waiting -= 1
      if (this.#latest.get(name) === change) this.#latest.delete(name)
    }
  }

  async #load(name: string): Promise<void> {
    const { models, workers, logger } = this.#parts
    const wasKnown = models.isKnown(name)
    // An unload that came in the meantime has its turn after this.
    const isWanted = (): boolean => this.#latest.get(name)?.kind === 'load'
    const wasAbsent = models.absenceOf(name) !== undefined
    if (wasAbsent && isWanted()) models.leave(name, { state: 'LOADING', reason: '' })
    try {
      const names = this.#namesWith(name)
      await (names ? workers.replace({ models: names }) : workers.replace())
    } catch (error) {
      const reason = this.#reasonOf(error)
      logger.warn('model_not_loaded', { model: name, reason })
      if (wasAbsent && isWanted()) models.leave(name, { state: 'UNAVAILABLE', reason })
      throw new InferenceError(wasKnown ? 400 : 404, `model ${quote(name, 100)} could not be loaded: ${reason}`)
    }
    if (isWanted()) models.bringBack(name)
    if (!models.isKnown(name)) models.find(name, '')
    logger.info('model_loaded', { model: name })
  }

  async #unload(name: string): Promise<void> {
    const { models, workers, logger } = this.#parts
    models.leave(name, unloading)
    await this.#drain(name)
    if (workers.models) {
      try {
        await workers.replace({ models: this.#namesWithout(name) })
      } catch (error) {
        // Clients have what they asked for; only its memory is not given back.
        logger.warn('model_memory_kept', { model: name, reason: this.#reasonOf(error) })
      }
    }
    // A load may wait for its turn already: then it says what state this is.
    models.leave(name, { state: 'UNAVAILABLE', reason: 'unloaded' })
    logger.info('model_unloaded', { model: name })
  }

  /** A request that waits for a worker must find one that has the model; what a worker has been given it finishes. */
  async #drain(name: string): Promise<void> {
    const { models, clock } = this.#parts
    const own = models.known().filter((model) => model.name === name)
    const end = clock.now() + longestDrainMs
    while (own.some(({ counts }) => counts.pending > 0) && clock.now() < end) await clock.sleep(drainStepMs)
  }

  /** What workers are to load together with a model; undefined: all that there is. */
  #namesWith(name: string): string[] | undefined {
    const { models, workers } = this.#parts
    if (!workers.models) return undefined
    const left = this.#namesWithout(name)
    const isKnown = models.isKnown(name)
    const areAllServed = models.known().every((model) => model.name === name || !this.#isGone(model.name))
    if (isKnown && areAllServed) return undefined
    const own = models.known().filter((model) => model.name === name)
    return [...new Set([...left, ...(isKnown ? own.map(({ source }) => source?.name ?? name) : [name])])]
  }

  /** One that is about to be unloaded is kept until its turn comes. */
  #namesWithout(name: string): string[] {
    const kept = this.#parts.models.known().filter((model) => model.name !== name && !this.#isGone(model.name))
    return [...new Set(kept.map(({ name: own, source }) => source?.name ?? own))]
  }

  #isGone(name: string): boolean {
    const absence = this.#parts.models.absenceOf(name)
    return absence !== undefined && absence.state !== 'UNLOADING'
  }

  /** What strangers may read: messages of Pelton's errors are made for users, but for where the function is. */
  #reasonOf(error: unknown): string {
    if (isPeltonError(error)) return error.message.replaceAll(`${this.#parts.folder}${path.sep}`, '')
    this.#parts.logger.error('openinference_fault', { error: String(error) })
    return 'the workers could not be replaced'
  }
}

const unloading = { state: 'UNLOADING', reason: 'unloaded' } as const
