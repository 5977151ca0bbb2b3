import { setMember } from '../protobuf/struct.ts'
import { inferLimits } from './infer-limits.ts'
import type { JsonReader } from './json-reader.ts'
import { quote } from './show.ts'
import type { Parameter, Parameters } from './tensor.ts'

/** Parameters as JSON has them; null ones are left out, as some clients write all that they know. InferenceError 400 for lists and objects. */
export function readParameters(reader: JsonReader): Parameters {
  const parameters = {}
  if (reader.takesNull()) return parameters
  let count = 0
  for (let key = reader.firstKey('parameters'); key !== undefined; key = reader.nextKey()) {
    if (++count > inferLimits.parameters) reader.fail(`more than ${inferLimits.parameters} parameters`)
    if (!reader.takesNull()) setMember(parameters, key, readParameter(reader, key))
  }
  return parameters
}

function readParameter(reader: JsonReader, name: string): Parameter {
  if (reader.isText) return reader.text(name)
  const truth = reader.takesTruth()
  if (truth !== undefined) return truth
  return reader.isNumber
    ? reader.number()
    : reader.fail(`the parameter ${quote(name)} must be a boolean, a number or a string`)
}
