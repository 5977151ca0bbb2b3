import { readElements } from './datatypes.js'

const decoder = new TextDecoder()

/** A request in the protocol's form; `headerLength` is there when an input has raw bytes. */
export function writeRequest(inputs, isBinaryWanted) {
  const tensors = inputs.map(({ name, datatype, shape, json, bytes }) => {
    const facts = JSON.stringify({ name, datatype, shape }).slice(0, -1)
    return bytes ? `${facts},"parameters":{"binary_data_size":${bytes.length}}}` : `${facts},"data":${json}}`
  })
  const parameters = isBinaryWanted ? '"parameters":{"binary_data_output":true},' : ''
  const head = `{${parameters}"inputs":[${tensors.join()}]}`
  const raw = inputs.flatMap(({ bytes }) => bytes ?? [])
  const headerLength = raw.length > 0 ? new TextEncoder().encode(head).length : undefined
  return { head, headerLength, body: new Blob([head, ...raw]) }
}

/** The headers of a request. */
export function headersOf({ headerLength }) {
  if (headerLength === undefined) return { 'Content-Type': 'application/json' }
  return { 'Content-Type': 'application/octet-stream', 'Inference-Header-Content-Length': String(headerLength) }
}

/** The outputs in an answer, each with its elements. */
export function readOutputs(buffer, headerLength) {
  const bytes = new Uint8Array(buffer)
  let at = Number(headerLength ?? bytes.length)
  return JSON.parse(decoder.decode(bytes.subarray(0, at))).outputs.map(({ data, ...output }) => {
    const size = output.parameters?.binary_data_size
    if (size === undefined) return { ...output, values: data.flat(Infinity) }
    return { ...output, values: readElements(output.datatype, bytes.subarray(at, (at += size))) }
  })
}

/** A command for a POSIX shell that sends a request; long and raw ones from a file. */
export function curlOf(url, request) {
  const quote = (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`
  const data = isFile(request) ? '--data-binary @request.bin' : `-d ${quote(request.head)}`
  const headers = Object.entries(headersOf(request)).map(([name, value]) => `-H '${name}: ${value}'`)
  return [`curl ${quote(url)}`, ...headers, data].join(' \\\n  ')
}

/** Whether the command reads the request from a file. */
export function isFile({ head, headerLength }) {
  return headerLength !== undefined || head.length > 4000
}
