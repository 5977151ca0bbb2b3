import type { Buffer } from 'node:buffer'
import { splitBody, takeBinary } from './binary-section.ts'
import { inferLimits } from './infer-limits.ts'
import { JsonReader } from './json-reader.ts'
import { emptyHead, readHeadMember } from './read-head.ts'
import { readParameters } from './read-parameters.ts'
import { readTensors, type FoundTensor, type TensorRules } from './read-tensor.ts'
import { checkRequested } from './select-outputs.ts'
import { InferenceError, type InferRequest, type RequestedOutput } from './tensor.ts'

const rules: TensorRules = { isLenient: false, declared: new Map() }

/**
 * A request of the REST protocol; `headerLength` is its `Inference-Header-Content-Length`. Tensors may be views on the body.
 * Throws InferenceError 400, and nothing else, for what is none.
 */
export function readInferRequest(body: Buffer, headerLength?: number): InferRequest {
  const { json, binary } = splitBody(body, headerLength)
  const reader = new JsonReader(json)
  const head = emptyHead()
  let inputs: FoundTensor[] | undefined
  let outputs: RequestedOutput[] = []
  for (let key = reader.firstKey('the request'); key !== undefined; key = reader.nextKey()) {
    if (key === 'inputs') inputs = readTensors(reader, 'inputs', rules)
    else if (key === 'outputs') outputs = readOutputs(reader)
    else if (!readHeadMember(reader, key, head)) reader.skip()
  }
  reader.end()
  if (inputs === undefined) throw new InferenceError(400, 'the request has no inputs')
  checkRequested(outputs)
  return { ...head, inputs: takeBinary(inputs, binary), ...(outputs.length > 0 && { outputs }) }
}

/** None is the same as no list: all outputs. */
function readOutputs(reader: JsonReader): RequestedOutput[] {
  const outputs: RequestedOutput[] = []
  if (reader.takesNull()) return outputs
  for (let more = reader.firstItem('outputs'); more; more = reader.nextItem()) {
    if (outputs.length === inferLimits.requestedOutputs)
      reader.fail(`more than ${inferLimits.requestedOutputs} outputs`)
    outputs.push(readOutput(reader, `outputs[${outputs.length}]`))
  }
  return outputs
}

function readOutput(reader: JsonReader, what: string): RequestedOutput {
  let name: string | undefined
  let parameters = {}
  for (let key = reader.firstKey(what); key !== undefined; key = reader.nextKey()) {
    if (key === 'name') name = reader.text(`the name of ${what}`)
    else if (key === 'parameters') parameters = readParameters(reader)
    else reader.skip()
  }
  if (name === undefined || name === '') throw new InferenceError(400, `${what} has no name`)
  return { name, ...(Object.keys(parameters).length > 0 && { parameters }) }
}
