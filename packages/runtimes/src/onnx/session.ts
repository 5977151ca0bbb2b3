import {
  type Datatype,
  InferenceError,
  type RequestedOutput,
  type Tensor,
  checkTensors,
} from '@pelton/protocols/inference'
import { quote } from '@pelton/core'
import type { InferenceSession } from 'onnxruntime-node'
import { plainReason } from './load-fault.ts'
import type { Ort } from './load-ort.ts'
import { type SessionFacts, sizeConflict } from './model-facts.ts'
import { checkTexts, fromOrt, toOrt } from './ort-tensors.ts'

/** Messages of ONNX Runtime about inputs that do not fit the model. */
const inputFault = /^(Invalid rank for input|Got invalid dimensions for input|Unexpected input data type)/

/** One model of one version, in memory. A run blocks the thread. */
export class Session {
  readonly facts: SessionFacts
  readonly #ort: Ort
  readonly #session: InferenceSession
  readonly #datatypes: ReadonlyMap<string, Datatype>
  readonly #outputs: readonly string[]

  constructor(ort: Ort, session: InferenceSession, facts: SessionFacts) {
    this.facts = facts
    this.#ort = ort
    this.#session = session
    this.#datatypes = new Map(facts.outputs.map(({ name, datatype }) => [name, datatype]))
    this.#outputs = facts.outputs.map(({ name }) => name)
  }

  /** A request's inputs in the order of the model; InferenceError 400 that names what is missing, too much or does not fit. */
  arrange(given: readonly Tensor[]): readonly Tensor[] {
    const { inputs, anyRank } = this.facts
    const declared = anyRank.size === 0 ? inputs : inputs.map((input) => this.#asGiven(input, given))
    checkTensors(given, declared, 'input')
    for (const tensor of given) checkTexts(tensor)
    if (inputs.every(({ name }, index) => name === given[index]?.name)) return given
    return inputs.flatMap(({ name }) => given.find((tensor) => tensor.name === name) ?? [])
  }

  /** Names of the outputs that are asked for; undefined: all. InferenceError 400 for one that there is not. */
  outputsOf(asked: readonly RequestedOutput[] | undefined): readonly string[] | undefined {
    if (asked === undefined || asked.length === 0) return undefined
    return asked.map(({ name }) => {
      if (this.#datatypes.has(name)) return name
      const names = this.#outputs.slice(0, 20).map((known) => quote(known, 100))
      throw new InferenceError(400, `there is no output ${quote(name, 100)}; there are ${names.join(', ')}`)
    })
  }

  /**
   * Runs the model on inputs that `arrange` gave, or on joined ones. One run at a time. InferenceError 400 when the inputs do
   * not fit each other, 500 with the model's own reason when it fails.
   */
  async run(inputs: readonly Tensor[], outputs: readonly string[] = this.#outputs): Promise<Tensor[]> {
    const feeds: Record<string, InferenceSession.OnnxValueMapType[string]> = Object.create(null) as typeof feeds
    for (const tensor of inputs) feeds[tensor.name] = toOrt(this.#ort, tensor)
    try {
      const results = await this.#session.run(feeds, outputs as string[])
      return outputs.map((name) => fromOrt(name, this.#datatypes.get(name)!, results[name]!))
    } catch (error) {
      const reason = plainReason(error)
      if (inputFault.test(reason)) throw new InferenceError(400, reason)
      // Not refused before, since there are models whose names for sizes are wrong and that run all the same.
      const conflict = sizeConflict(inputs, this.facts)
      if (conflict !== undefined) throw new InferenceError(400, conflict)
      throw new InferenceError(500, `the model failed: ${reason}`)
    }
  }

  #asGiven(input: SessionFacts['inputs'][number], given: readonly Tensor[]): SessionFacts['inputs'][number] {
    if (!this.facts.anyRank.has(input.name)) return input
    return { ...input, shape: given.find(({ name }) => name === input.name)?.shape ?? input.shape }
  }
}
