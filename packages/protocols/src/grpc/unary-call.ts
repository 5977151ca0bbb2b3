import {
  GrpcError,
  type GrpcStatus,
  type GrpcStream,
  type StreamListener,
  type StreamMethod,
  type UnaryMethod,
  grpcCode,
} from './grpc-service.ts'

/** A method of one message each way as a method of streams. `onFault` is told of what it throws that is no `GrpcError`. */
export function streamed(method: UnaryMethod, onFault: (error: unknown) => void): StreamMethod {
  const { maxMessageBytes } = method
  return {
    kind: 'stream',
    ...(maxMessageBytes === undefined ? {} : { maxMessageBytes }),
    open: (stream) => new UnaryListener(stream, method, onFault),
  }
}

class UnaryListener implements StreamListener {
  readonly #stream: GrpcStream
  readonly #method: UnaryMethod
  readonly #onFault: (error: unknown) => void
  #request: Buffer | undefined

  constructor(stream: GrpcStream, method: UnaryMethod, onFault: (error: unknown) => void) {
    this.#stream = stream
    this.#method = method
    this.#onFault = onFault
  }

  message(bytes: Buffer): void {
    if (this.#request) this.#stream.end(cardinality)
    else this.#request = bytes
  }

  halfClosed(): void {
    if (!this.#request) return this.#stream.end(cardinality)
    try {
      const answer = this.#method.handle(this.#request, this.#stream)
      if (answer instanceof Uint8Array) this.#answer(answer)
      else void this.#answerLater(answer, this.#request)
    } catch (error) {
      this.#fail(error)
    }
  }

  closed(): void {
    this.#request = undefined
  }

  async #answerLater(answer: Promise<Uint8Array>, request: Buffer): Promise<void> {
    try {
      this.#answer(await answer)
    } catch (error) {
      this.#fail(error)
    }
    if (this.#method.releasesRequest) this.#stream.release(request)
  }

  #answer(message: Uint8Array): void {
    this.#stream.send(message)
    this.#stream.end()
  }

  #fail(error: unknown): void {
    if (!(error instanceof GrpcError)) this.#onFault(error)
    this.#stream.end(error instanceof GrpcError ? error : { code: grpcCode.internal })
  }
}

const cardinality: GrpcStatus = { code: grpcCode.unimplemented, message: 'the method takes exactly one message' }
