import { Buffer } from 'node:buffer'
import type { HeaderList } from '@pelton/core'
import type { HttpRequest, HttpResponse } from '@pelton/protocols/http'
import {
  InferenceError,
  type InferBody,
  type InferRequest,
  readInferRequest,
  writeInferResponse,
} from '@pelton/protocols/inference'
import type { Inference } from '../inference.ts'
import { acceptedCoding, codingOf, isWorthPacking, pack, unpack } from './rest-coding.ts'
import type { ModelRoute } from './rest-route.ts'

const headerLengthName = 'Inference-Header-Content-Length'
const headerLengthHeader = headerLengthName.toLowerCase()

/** Answers a request for inference of REST; rejects with InferenceError. */
export async function answerInfer(
  inference: Inference,
  route: ModelRoute,
  request: HttpRequest,
  maxBodyBytes: number,
): Promise<HttpResponse> {
  const asked = await readAsked(inference, route, request, maxBodyBytes)
  // The path says which model is meant.
  const wanted: InferRequest = { ...asked, modelName: route.name, modelVersion: route.version }
  const call = { signal: request.signal, protocol: 'rest', headers: request.headers } as const
  const response = await inference.infer(wanted, call)
  return answerOf(writeInferResponse(response, wanted), request)
}

async function readAsked(
  inference: Inference,
  { name, version }: ModelRoute,
  request: HttpRequest,
  maxBodyBytes: number,
): Promise<InferRequest> {
  try {
    // Before the body is read: of a model that is not there nobody wants to know what its inputs lack.
    inference.models.find(name, version)
    return await readRequest(request, maxBodyBytes)
  } catch (error) {
    inference.noteRefused()
    throw error
  }
}

async function readRequest(request: HttpRequest, maxBodyBytes: number): Promise<InferRequest> {
  const coding = codingOf(request.header('content-encoding'))
  const headerLength = readHeaderLength(request.headers[headerLengthHeader])
  const sent = Buffer.from(request.body.buffer, request.body.byteOffset, request.body.byteLength)
  return readInferRequest(coding ? await unpack(sent, coding, maxBodyBytes) : sent, headerLength)
}

/** Two of them are refused: whoever goes by the other one sees another request. */
function readHeaderLength(value: string | string[] | undefined): number | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string' && /^\d{1,15}$/.test(value)) return Number(value)
  throw new InferenceError(
    400,
    `${headerLengthName} is ${JSON.stringify(String(value).slice(0, 100))}, but must be a number of bytes`,
  )
}

async function answerOf({ body, headerLength }: InferBody, request: HttpRequest): Promise<HttpResponse> {
  const headers: HeaderList = []
  if (headerLength !== undefined) headers.push([headerLengthName, String(headerLength)])
  const contentType = headerLength === undefined ? 'application/json' : 'application/octet-stream'
  if (!isWorthPacking(body.length)) return { status: 200, headers, contentType, body }
  headers.push(['Vary', 'Accept-Encoding'])
  const coding = acceptedCoding(request.header('accept-encoding'))
  if (!coding) return { status: 200, headers, contentType, body }
  headers.push(['Content-Encoding', coding])
  return { status: 200, headers, contentType, body: await pack(body, coding) }
}
