import { resolve } from 'node:path'
import type { InferRequest, InferResponse, ModelMetadata } from '@pelton/protocols/inference'
import { errors } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { readHeaders } from '../run/invocation-event.ts'
import { readInput } from '../run/read-body.ts'
import type { Terminal } from '../terminal.ts'
import { missingInputs, readGivenInputs } from './given-inputs.ts'
import { type ImageWords, readImageWords } from './image-words.ts'
import type { InferOptions } from './infer-options.ts'
import { addressOf, modelPath, readModelAddress, showAddress } from './model-address.ts'
import { describeModel, findOnlyModel, postInference, type ServerAccess } from './model-server.ts'
import { printResponse, type TopWords } from './print-response.ts'
import { isImage, readTensor } from './read-tensor.ts'
import { readOutputNames, readParameters } from './request-words.ts'
import { saveOutputs } from './save-outputs.ts'
import { readResponse, writeRequest, writeResponseJson } from './wire-form.ts'

const defaultTimeoutMs = 60_000
const defaultTop = 5
const maxLabelBytes = 16 * 1024 * 1024

/** Makes one inference and prints the outputs. Resolves with 0; throws an error of the table for anything else. */
export async function inferModel(options: InferOptions): Promise<number> {
  const { terminal } = options
  const access = readAccess(options)
  const images = readImageWords(options)
  const head = { modelName: '', modelVersion: '', id: options.id ?? '', parameters: readParameters(options.parameter) }
  const top = await readTop(options)
  const model = access.address.model ?? (await findOnlyModel(access))
  const { metadata, takesBinary } = await describeModel(access, model)
  const outputs = readOutputNames(options.output, metadata.outputs)
  const inputs = await readInputs(options, metadata, images)
  const body = writeRequest({ ...head, inputs, ...(outputs && { outputs }) }, takesBinary)
  const startedAt = performance.now()
  const answer = await postInference(access, model, body)
  const ms = performance.now() - startedAt
  const url = showAddress(addressOf(access.address, modelPath(model, access.address.version)))
  const response = readResponse(answer, metadata.outputs, url)
  await terminal.result(options.json ? writeResponseJson(response) : printResponse(response, top, terminal.paintResult))
  const saved = options.save === undefined ? '' : await save(response, options.save, terminal)
  terminal.say(`${terminal.paint('dim', `${ms.toFixed(1)} ms${saved}`)}\n`)
  return exitCodes.done
}

function readAccess(options: InferOptions): ServerAccess {
  const { address, json, top, labels, timeout = defaultTimeoutMs } = options
  if (address === undefined) {
    throw errors.wrong_usage({ reason: 'Which model? pelton infer http://HOST:PORT/v2/models/NAME' })
  }
  if (json && (top !== undefined || labels !== undefined)) {
    throw errors.wrong_usage({ reason: '--json prints the whole response; leave out --top and --labels' })
  }
  return { address: readModelAddress(address, options), headers: readHeaders(options.header ?? []), timeoutMs: timeout }
}

/** Labels alone ask for the best classes, too. */
async function readTop({ top, labels: file, terminal: { cwd, stdin } }: InferOptions): Promise<TopWords> {
  if (file === undefined) return { top, labels: undefined }
  const bytes = await readInput(file, { what: 'labels', cwd, stdin, maxBytes: maxLabelBytes })
  const labels = Buffer.from(bytes)
    .toString()
    .replace(/\r?\n$/, '')
    .split(/\r?\n/)
  return { top: top ?? defaultTop, labels }
}

async function readInputs(
  options: InferOptions,
  { inputs: declared }: ModelMetadata,
  images: ImageWords,
): Promise<InferRequest['inputs']> {
  const { terminal } = options
  const given = readGivenInputs(options, declared)
  if (images.flags.length > 0 && !given.some(({ value }) => value.startsWith('@') && isImage(value))) {
    throw errors.wrong_usage({ reason: `${images.flags.join(', ')} is for images, and no --input is one` })
  }
  // The protocol does not say which inputs are optional: the server has the last word.
  const missing = missingInputs(given, declared)
  if (missing.length > 0) warn(terminal, `sent without what the model takes, too: ${missing.join(', ')}`)
  const tensors = []
  for (const input of given) tensors.push(await readTensor(input, { terminal, images }))
  return tensors
}

/** What is told of the files. */
async function save({ outputs }: InferResponse, folder: string, { cwd }: Terminal): Promise<string> {
  const [file, ...others] = await saveOutputs(outputs, resolve(cwd, folder))
  if (file === undefined) return ', saved nothing'
  return `, saved ${others.length === 0 ? file : `${others.length + 1} files in ${folder}`}`
}

function warn({ say, paint }: Terminal, text: string): void {
  say(`${paint('yellow', 'warning')} ${text}\n`)
}
