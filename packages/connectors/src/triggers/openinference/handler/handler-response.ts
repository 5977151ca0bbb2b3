import type { HandlerResponse, OutputValue, TensorsOptions } from '@pelton/sdk'
import { respond } from '@pelton/sdk/host'
import { checkObject, checkOptions, joinParts, outputPart, parametersText } from '@pelton/protocols/inference/handler'

const where = 'tensors.response'

/** A response of the protocol in binary form: JSON, then the raw bytes of its tensors. Throws `TypeError` for what is no tensor. */
export function responseOf(
  outputs: Readonly<Record<string, OutputValue>>,
  options: TensorsOptions = {},
): HandlerResponse {
  checkObject(`${where} takes an object of outputs by name`, outputs)
  checkOptions(where, options, ['parameters'])
  const parts = Object.entries(outputs).map(([name, value]) => outputPart(name, value, `${where}: output`))
  const given = options.parameters === undefined ? '' : `"parameters":${parametersText(options.parameters, where)},`
  const head = `{${given}"outputs":[${parts.map(({ json }) => json).join(',')}]}`
  const { body, headerLength } = joinParts(head, parts)
  const openinference = headerLength === undefined ? {} : { headerLength }
  return respond(body, { contentType: 'application/json', extra: { openinference } })
}
