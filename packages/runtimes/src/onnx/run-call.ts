import { quote } from '@pelton/core'
import type { TensorMetadata } from '@pelton/protocols/inference'
import {
  checkObject,
  checkOptions,
  inputPart,
  joinParts,
  naming,
  parametersText,
  type TensorPart,
} from '@pelton/protocols/inference/handler'
import type { ModelInput, RunOptions } from '@pelton/sdk'

/** What `run` needs to know of a model. */
export interface DeclaredModel {
  name: string
  inputs: ReadonlyMap<string, TensorMetadata>
  outputs: ReadonlySet<string>
}

/** A call of the operation `models.run`. */
export interface RunCall {
  payload: { model: string; extra: { inferHeaderLength: number; prefixed: true } }
  body: Uint8Array
}

/** The call that runs a model. Throws `TypeError` for what is no tensor, and for names that the model does not have. */
export function runCall(
  model: DeclaredModel,
  inputs: Readonly<Record<string, ModelInput>>,
  options: RunOptions = {},
): RunCall {
  const where = `models.${model.name}.run`
  checkObject(`${where} takes an object of inputs by name`, inputs)
  checkOptions(where, options, ['outputs', 'parameters'])
  const parts = Object.entries(inputs).map(([name, value]) => {
    const declared = model.inputs.get(name)
    if (declared === undefined) throw unknownName(`${where}: there is no input`, name, model.inputs.keys())
    return naming(`${where}: input ${quote(name, 100)}`, () => inputPart(declared, value))
  })
  const { body, headerLength = body.length } = joinParts(headOf(model, parts, options), parts)
  return { payload: { model: model.name, extra: { inferHeaderLength: headerLength, prefixed: true } }, body }
}

function headOf(model: DeclaredModel, parts: readonly TensorPart[], { outputs, parameters }: RunOptions): string {
  const members = [`"model_name":${JSON.stringify(model.name)}`]
  if (parameters !== undefined) members.push(`"parameters":${parametersText(parameters, `models.${model.name}.run`)}`)
  members.push(`"inputs":[${parts.map(({ json }) => json).join(',')}]`)
  if (outputs !== undefined) members.push(`"outputs":[${outputsText(model, outputs)}]`)
  return `{${members.join(',')}}`
}

function outputsText(model: DeclaredModel, names: readonly unknown[]): string {
  const where = `models.${model.name}.run`
  if (!Array.isArray(names)) throw new TypeError(`${where}: outputs must be a list of names`)
  const requested = names.map((name: unknown) => {
    if (typeof name !== 'string') throw new TypeError(`${where}: outputs must be a list of names`)
    if (!model.outputs.has(name)) throw unknownName(`${where}: there is no output`, name, model.outputs)
    return `{"name":${JSON.stringify(name)}}`
  })
  return requested.join(',')
}

function unknownName(what: string, name: string, known: Iterable<string>): TypeError {
  const names = [...known].slice(0, 20).map((each) => quote(each, 100))
  return new TypeError(`${what} ${quote(name, 100)}; there are ${names.join(', ')}`)
}
