import type { Buffer } from 'node:buffer'
import type { Clock } from '@pelton/core'
import { type GrpcStatus, GrpcError, type GrpcStream, type StreamListener, grpcCode } from '@pelton/protocols/grpc'
import { InferenceError, type InferRequest, type InferResponse } from '@pelton/protocols/inference'
import {
  type DecodedRequest,
  type RequestNames,
  decodeModelInferRequest,
  decodeRequestNames,
  encodeModelStreamInferError,
  encodeModelStreamInferResponse,
} from '@pelton/protocols/inference/grpc'
import { checkedAnswer, grpcErrorOf } from './grpc-errors.ts'
import { GrpcInferCall } from './grpc-infer-call.ts'
import type { InferCall } from '../inference.ts'
import type { Models } from '../models/models.ts'

/** The handler is not asked for more while so many bytes wait for the client. */
const mostUnsentBytes = 1024 * 1024
/** A client that takes nothing of them for so long is given up: its handler holds a place of a worker. */
const longestUnreadMs = 60_000

const unread: GrpcStatus = { code: grpcCode.resourceExhausted, message: 'the client does not take its answers' }
const stopping: GrpcStatus = { code: grpcCode.unavailable, message: 'the server is shutting down' }

/** What a stream asks of an `Inference`. */
export interface StreamingInference {
  readonly models: Pick<Models, 'find'>
  inferStream(request: InferRequest, call: InferCall): AsyncIterable<InferResponse>
  /** Counts a request that cannot be read. */
  noteRefused(): void
}

/** What a stream needs beside its client. */
export interface InferStreamParts {
  inference: StreamingInference
  /** Most bytes of an answer. */
  maxMessageBytes: number
  clock: Clock
  /** Told once, when the stream is over. */
  onClosed(stream: InferStream): void
  /** Told of errors that are not the client's. */
  onFault(error: unknown): void
}

/**
 * A call of `ModelStreamInfer`: its requests are answered one after the other, each by all the answers that the handler
 * yields, or by one with an error, after which the stream goes on.
 */
export class InferStream implements StreamListener {
  readonly #stream: GrpcStream
  readonly #parts: InferStreamParts
  readonly #call: InferCall
  /** What was read together with the request under way; nothing more is read until they are done. */
  readonly #waiting: Buffer[] = []
  #isBusy = false
  #isHalfClosed = false
  #isStopping = false
  #isOver = false
  #onDrained: (() => void) | undefined

  constructor(stream: GrpcStream, parts: InferStreamParts) {
    this.#stream = stream
    this.#parts = parts
    this.#call = new GrpcInferCall(stream)
  }

  message(bytes: Buffer): void {
    if (this.#isOver || this.#isStopping) return
    if (!this.#isBusy) return void this.#answerAll(bytes)
    if (this.#waiting.push(bytes) === 1) this.#stream.pause()
  }

  halfClosed(): void {
    this.#isHalfClosed = true
    this.#endWhenDone()
  }

  drained(): void {
    this.#onDrained?.()
  }

  closed(): void {
    this.#isOver = true
    this.#waiting.length = 0
    this.#onDrained?.()
    this.#parts.onClosed(this)
  }

  /** Takes no more requests, and ends the call when those that came are answered. */
  stop(): void {
    this.#isStopping = true
    this.#endWhenDone()
  }

  async #answerAll(first: Buffer): Promise<void> {
    this.#isBusy = true
    try {
      for (let next: Buffer | undefined = first; next && !this.#isOver; next = this.#takeWaiting()) {
        await this.#answer(next)
      }
    } catch (error) {
      this.#fail(error)
    }
    this.#isBusy = false
    this.#endWhenDone()
  }

  #takeWaiting(): Buffer | undefined {
    const next = this.#waiting.shift()
    if (next && this.#waiting.length === 0) this.#stream.resume()
    return next
  }

  async #answer(bytes: Buffer): Promise<void> {
    let names: RequestNames | undefined
    try {
      const request = decodeInfer(bytes, this.#parts.inference)
      names = request
      const { isRaw } = request
      const marksFinal = request.parameters[finalWanted] === true
      let last: RequestNames = request
      for await (const response of this.#parts.inference.inferStream(request, this.#call)) {
        last = response
        await this.#send(marksFinal ? marked(response, false) : response, isRaw)
        if (this.#isOver) return
      }
      if (marksFinal) await this.#send(marked(emptyAnswer(last), true), isRaw)
    } catch (error) {
      if (!(error instanceof InferenceError || error instanceof GrpcError)) throw error
      this.#stream.send(encodeModelStreamInferError(error.message, names ?? decodeRequestNames(bytes)))
    }
  }

  async #send(response: InferResponse, raw: boolean): Promise<void> {
    const answer = encodeModelStreamInferResponse(response, { raw })
    this.#stream.send(checkedAnswer(answer, this.#parts.maxMessageBytes))
    if (!this.#isOver && this.#stream.unsentBytes > mostUnsentBytes) await this.#drain()
  }

  /** Until the client has taken what waits for it, or the call is over. */
  #drain(): Promise<void> {
    const { clock } = this.#parts
    const { promise, resolve } = Promise.withResolvers<void>()
    let unsent = this.#stream.unsentBytes
    const check = (): void => {
      if (this.#stream.unsentBytes < unsent) {
        unsent = this.#stream.unsentBytes
        timer = clock.after(longestUnreadMs, check)
        return
      }
      this.#end(unread)
      this.#onDrained?.()
    }
    let timer = clock.after(longestUnreadMs, check)
    this.#onDrained = () => {
      timer.cancel()
      this.#onDrained = undefined
      resolve()
    }
    return promise
  }

  #fail(error: unknown): void {
    if (this.#isOver) return
    const known = grpcErrorOf(error)
    if (!(known instanceof GrpcError)) this.#parts.onFault(known)
    this.#end(known instanceof GrpcError ? known : { code: grpcCode.internal })
  }

  #endWhenDone(): void {
    if (this.#isOver || this.#isBusy) return
    if (this.#isHalfClosed) this.#end({ code: grpcCode.ok })
    else if (this.#isStopping) this.#end(stopping)
  }

  #end(status: GrpcStatus): void {
    this.#isOver = true
    this.#waiting.length = 0
    this.#stream.end(status)
  }
}

/** A `ModelInferRequest`; one that cannot be read is counted, and its error thrown on. */
export function decodeInfer(
  bytes: Buffer,
  inference: Pick<StreamingInference, 'models' | 'noteRefused'>,
): DecodedRequest {
  try {
    return decodeModelInferRequest(bytes)
  } catch (error) {
    inference.noteRefused()
    if (error instanceof InferenceError) {
      // As by REST: of a model that is not there nobody wants to know what its inputs lack.
      const { modelName, modelVersion } = decodeRequestNames(bytes)
      inference.models.find(modelName, modelVersion)
    }
    throw error
  }
}

/** Parameters of Triton's: a client asks to be told which answer is the last one, in an answer of its own without outputs. */
const finalWanted = 'triton_enable_empty_final_response'
const isFinal = 'triton_final_response'

function marked(response: InferResponse, isLast: boolean): InferResponse {
  return { ...response, parameters: { ...response.parameters, [isFinal]: isLast } }
}

function emptyAnswer({ modelName, modelVersion, id }: Pick<InferRequest, keyof RequestNames>): InferResponse {
  return { modelName, modelVersion, id, parameters: {}, outputs: [] }
}
