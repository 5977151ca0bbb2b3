import {
  InferenceError,
  readJson,
  type Parameter,
  type Parameters,
  type RequestedOutput,
  type TensorMetadata,
} from '@pelton/protocols/inference'
import { errors } from '../errors.ts'
import { readNamedWords } from './named-words.ts'
import { printable } from './printable.ts'

const shownOutputs = 20

/** The parameters of `--parameter`: booleans, numbers and strings in JSON are what they are, all else is text. Throws `wrong_usage`. */
export function readParameters(words: readonly string[] | undefined): Parameters {
  const entries = [...readNamedWords('--parameter', words)]
  return Object.fromEntries(entries.map(([name, text]) => [name, readParameter(text)]))
}

/** The outputs of `--output`, each once; undefined asks for all. Throws `wrong_usage` for one that the model does not declare. */
export function readOutputNames(
  names: readonly string[] | undefined,
  declared: readonly TensorMetadata[],
): RequestedOutput[] | undefined {
  const unknown = names?.find((name) => declared.length > 0 && !declared.some((output) => output.name === name))
  if (unknown !== undefined) {
    const known = declared.slice(0, shownOutputs).map(({ name }) => JSON.stringify(printable(name)))
    throw errors.wrong_usage({
      reason: `--output: the model has no output ${JSON.stringify(unknown)}; there are ${known.join(', ')}`,
    })
  }
  return names && [...new Set(names)].map((name) => ({ name }))
}

function readParameter(text: string): Parameter {
  try {
    const value = readJson(Buffer.from(text))
    return typeof value === 'object' ? text : value
  } catch (error) {
    if (error instanceof InferenceError) return text
    throw error
  }
}
