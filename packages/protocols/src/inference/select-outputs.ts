import { quote } from './show.ts'
import { InferenceError, type InferRequest, type InferResponse, type RequestedOutput } from './tensor.ts'

/** The response with the outputs that were asked for, in that order. InferenceError 400 for one that there is not. */
export function selectOutputs(response: InferResponse, request: Pick<InferRequest, 'outputs'>): InferResponse {
  const { outputs: requested } = request
  if (requested === undefined || requested.length === 0) return response
  checkRequested(requested)
  const byName = new Map(response.outputs.map((output) => [output.name, output]))
  const outputs = requested.map(({ name }) => {
    const output = byName.get(name)
    if (output !== undefined) return output
    const names = response.outputs.slice(0, 20).map((known) => quote(known.name))
    throw new InferenceError(400, `there is no output ${quote(name)}; there are ${names.join(', ') || 'none'}`)
  })
  return { ...response, outputs }
}

/** InferenceError 400 when an output is asked for twice: an answer could be much larger than what the model gave. */
export function checkRequested(outputs: readonly RequestedOutput[]): void {
  const names = new Set<string>()
  for (const { name } of outputs) {
    if (names.has(name)) throw new InferenceError(400, `the output ${quote(name)} is asked for twice`)
    names.add(name)
  }
}
