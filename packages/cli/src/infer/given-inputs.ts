import { nearest } from '@pelton/core'
import { datatypeNamed, datatypes, type Datatype, type TensorMetadata } from '@pelton/protocols/inference'
import { errors } from '../errors.ts'
import { showShape } from './fit-shape.ts'
import type { InferOptions } from './infer-options.ts'
import { readNamedWords } from './named-words.ts'
import { printable } from './printable.ts'

/** An input as the command line gives it, and what it has to be. */
export interface GivenInput {
  name: string
  /** Inline data, `@FILE` or `@-`. */
  value: string
  /** Undefined: that of the data. */
  datatype: Datatype | undefined
  /** -1 is any size; undefined: that of the data. */
  shape: readonly number[] | undefined
}

/** Joins `--input`, `--datatype` and `--shape` with what the model declares; throws `wrong_usage`. */
export function readGivenInputs(
  { input = [], datatype, shape }: Pick<InferOptions, 'input' | 'datatype' | 'shape'>,
  declared: readonly TensorMetadata[],
): GivenInput[] {
  if (input.length === 0 && declared.length > 0) throw wrong(`Add --input; ${takes(declared)}`)
  const words = input.map((word) => splitInput(word, declared))
  const given = new Map(words)
  if (given.size < words.length) throw wrong('--input: two have the same name')
  if (words.filter(([, value]) => value === '@-').length > 1) throw wrong('--input: only one can be standard input')
  const types = readNamedWords('--datatype', datatype)
  const shapes = readNamedWords('--shape', shape)
  for (const [flag, name] of [...each('--datatype', types), ...each('--shape', shapes)]) {
    if (!given.has(name)) throw wrong(`${flag}: there is no --input ${JSON.stringify(name)}`)
  }
  return words.map(([name, value]) => {
    const known = declared.find((tensor) => tensor.name === name)
    return {
      name,
      value,
      datatype: chooseDatatype(types.get(name), known),
      shape: chooseShape(shapes.get(name), known),
    }
  })
}

/** Inputs that the model declares and nobody gave. */
export function missingInputs(given: readonly GivenInput[], declared: readonly TensorMetadata[]): string[] {
  const names = new Set(given.map(({ name }) => name))
  return declared.filter(({ name }) => !names.has(name)).map(showTensor)
}

/** The name may be left out where there is but one input. It may hold a `=`, too. */
function splitInput(word: string, declared: readonly TensorMetadata[]): [name: string, value: string] {
  const known = declared.find(({ name }) => word.startsWith(`${name}=`))
  if (known) return [known.name, word.slice(known.name.length + 1)]
  const at = word.indexOf('=')
  const isBare = at < 1 || /^[@[{"]/.test(word)
  const [only, ...others] = declared
  if (isBare && only !== undefined && others.length === 0) return [only.name, word]
  if (isBare) {
    const which = declared.length === 0 ? 'the model does not say what it takes' : takes(declared)
    throw wrong(`--input: expected NAME=VALUE, got ${JSON.stringify(word.slice(0, 60))}; ${which}`)
  }
  const name = word.slice(0, at)
  if (declared.length === 0) return [name, word.slice(at + 1)]
  const meant = nearest(
    name,
    declared.map((tensor) => tensor.name),
  )
  throw wrong(
    `The model has no input ${JSON.stringify(name)}${meant ? `, did you mean ${meant}?` : `; ${takes(declared)}`}`,
  )
}

function chooseDatatype(option: string | undefined, known: TensorMetadata | undefined): Datatype | undefined {
  if (option === undefined) return known?.datatype
  const datatype = datatypeNamed(option)
  if (datatype === undefined)
    throw wrong(`--datatype: expected one of ${datatypes.join(', ')}, got ${JSON.stringify(option)}`)
  if (known && known.datatype !== datatype)
    throw wrong(`--datatype: ${option} is given, but the model takes ${showTensor(known)}`)
  return datatype
}

function chooseShape(option: string | undefined, known: TensorMetadata | undefined): readonly number[] | undefined {
  if (option === undefined) return known?.shape
  const sizes = option.replaceAll(/[[\]\s]/g, '')
  if (!/^(-1|\d{1,15})?(,(-1|\d{1,15}))*$/.test(sizes)) {
    throw wrong(`--shape: expected sizes such as 1,3,224,224, got ${JSON.stringify(option)}`)
  }
  const shape = sizes === '' ? [] : sizes.split(',').map(Number)
  const isFitting =
    !known ||
    (known.shape.length === shape.length &&
      known.shape.every((size, axis) => size === -1 || shape[axis] === -1 || size === shape[axis]))
  if (!isFitting) throw wrong(`--shape: ${showShape(shape)} is given, but the model takes ${showTensor(known)}`)
  return shape.map((size, axis) => (size === -1 ? (known?.shape[axis] ?? -1) : size))
}

function each(flag: string, values: ReadonlyMap<string, string>): [string, string][] {
  return [...values.keys()].map((name) => [flag, name])
}

function takes(declared: readonly TensorMetadata[]): string {
  return `the model takes ${declared.slice(0, 20).map(showTensor).join(', ')}`
}

function showTensor({ name, datatype, shape }: TensorMetadata): string {
  return `${printable(name)} ${datatype} ${showShape(shape)}`
}

function wrong(reason: string): Error {
  return errors.wrong_usage({ reason })
}
