import { JsonWriter } from './json-writer.ts'
import type { InferRequest, InferResponse } from './tensor.ts'
import { finishBody, writeHead, writeTensors, type InferBody } from './write-tensors.ts'

/** The model gave what JSON cannot carry. */
const status = 500

/**
 * A response of the REST protocol, its outputs in the form that the request asks for: `binary_data` of an output, otherwise `binary_data_output`, otherwise JSON.
 * InferenceError 500 for NaN and infinite numbers in JSON. Which outputs there are is the matter of `selectOutputs`.
 */
export function writeInferResponse(
  response: InferResponse,
  request: Pick<InferRequest, 'parameters' | 'outputs'> = { parameters: {} },
): InferBody {
  const isBinary = new Map(request.outputs?.map(({ name, parameters }) => [name, parameters?.['binary_data']]))
  const isBinaryByDefault = request.parameters['binary_data_output'] === true
  const writer = new JsonWriter()
  writeHead(writer, response)
  if (Object.keys(response.parameters).length > 0) {
    writer.key('parameters')
    writer.parameters(response.parameters, status)
  }
  writer.key('outputs')
  const form = {
    isBinary: ({ name }: { name: string }) => (isBinary.get(name) ?? isBinaryByDefault) === true,
    status: 500,
  }
  return finishBody(writer, writeTensors(writer, response.outputs, form))
}
