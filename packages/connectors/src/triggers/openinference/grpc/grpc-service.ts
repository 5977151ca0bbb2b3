import type { Buffer } from 'node:buffer'
import type { Clock } from '@pelton/core'
import type { GrpcCall, GrpcMethod, GrpcService, UnaryMethod } from '@pelton/protocols/grpc'
import { InferenceError } from '@pelton/protocols/inference'
import {
  decodeModelReference,
  decodeRepositoryIndexRequest,
  decodeRepositoryModelRequest,
  encodeModelConfig,
  encodeModelInferResponse,
  encodeModelMetadata,
  encodeModelStatistics,
  encodeReadiness,
  encodeRepositoryIndex,
  encodeServerMetadata,
  inferenceServiceName,
  loadInferenceDescriptors,
  repositoryModelReply,
} from '@pelton/protocols/inference/grpc'
import { checkedAnswer, grpcErrorOf } from './grpc-errors.ts'
import { GrpcInferCall } from './grpc-infer-call.ts'
import { InferStream, type StreamingInference, decodeInfer } from './infer-stream.ts'
import type { Inference } from '../inference.ts'
import { modelConfig } from '../models/model-config.ts'
import { modelStatistics } from '../statistics/model-statistics.ts'
import type { ServedModel } from '../models/models.ts'
import type { ModelRepository } from '../models/repository.ts'

/** What is served: an `Inference`, of which nothing but this is used. */
export type ServedInference = Pick<Inference, 'models' | 'repository' | 'server' | 'isReady' | 'infer'> &
  StreamingInference

/** How it is served. */
export interface InferenceServiceOptions {
  /** Most bytes of a request for inference, and of an answer to one. */
  maxMessageBytes: number
  /** Streams take no more requests once it aborts. */
  stop: AbortSignal
  clock: Clock
  /** Told of errors that are not the client's, on streams; those of other calls are the server's to tell. */
  onFault(error: unknown): void
}

/** All calls of `inference.GRPCInferenceService`. */
export function createInferenceService(inference: ServedInference, options: InferenceServiceOptions): GrpcService {
  return {
    name: inferenceServiceName,
    methods: {
      ...serverMethods(inference),
      ...modelMethods(inference),
      ...repositoryMethods(inference),
      ModelInfer: inferMethod(inference, options),
      ModelStreamInfer: streamMethod(inference, options),
    },
    descriptors: loadInferenceDescriptors,
  }
}

function serverMethods(inference: ServedInference): Record<string, GrpcMethod> {
  return {
    ServerLive: unary(() => encodeReadiness(true)),
    ServerReady: unary(() => encodeReadiness(inference.isReady)),
    ServerMetadata: unary(() => encodeServerMetadata(inference.server)),
  }
}

function repositoryMethods(inference: ServedInference): Record<string, GrpcMethod> {
  const { repository } = inference
  const changing = (change: ModelRepository['load']): UnaryMethod =>
    unary(async (request) => {
      const { repository: asked, modelName, parameters } = decodeRepositoryModelRequest(request)
      checkRepository(asked)
      await change(modelName, parameters)
      return repositoryModelReply
    })
  return {
    RepositoryIndex: unary((request) => {
      const { repository: asked, readyOnly } = decodeRepositoryIndexRequest(request)
      checkRepository(asked)
      return encodeRepositoryIndex(inference.models.index({ isReady: inference.isReady, readyOnly }))
    }),
    RepositoryModelLoad: changing((name, parameters) => repository.load(name, parameters)),
    RepositoryModelUnload: changing((name, parameters) => repository.unload(name, parameters)),
  }
}

/** There is one, which has no name. */
function checkRepository(name: string): void {
  if (name !== '') throw new InferenceError(404, `there is no repository "${name.slice(0, 200)}": name none`)
}

function modelMethods(inference: ServedInference): Record<string, GrpcMethod> {
  const { models } = inference
  const modelOf = (request: Buffer): ServedModel => {
    const { name, version } = decodeModelReference(request)
    return models.find(name, version)
  }
  return {
    ModelReady: unary((request) => {
      const { name, version } = decodeModelReference(request)
      return encodeReadiness(inference.isReady && models.has(name, version))
    }),
    ModelMetadata: unary((request) => encodeModelMetadata(modelOf(request))),
    ModelConfig: unary((request) => encodeModelConfig(modelConfig(modelOf(request)))),
    ModelStatistics: unary((request) => {
      const { name, version } = decodeModelReference(request)
      return encodeModelStatistics(models.select(name, version).map(modelStatistics))
    }),
  }
}

function inferMethod(inference: ServedInference, { maxMessageBytes }: InferenceServiceOptions): UnaryMethod {
  const handle = async (bytes: Buffer, call: GrpcCall): Promise<Buffer> => {
    try {
      const request = decodeInfer(bytes, inference)
      const { isRaw } = request
      const response = await inference.infer(request, new GrpcInferCall(call))
      // In the form in which the client wrote: it reads that one.
      return checkedAnswer(encodeModelInferResponse(response, { raw: isRaw }), maxMessageBytes)
    } catch (error) {
      throw grpcErrorOf(error)
    }
  }
  // What a worker has been given is a copy, and answers have memory of their own.
  return { kind: 'unary', maxMessageBytes, releasesRequest: true, handle }
}

function streamMethod(inference: ServedInference, options: InferenceServiceOptions): GrpcMethod {
  const { maxMessageBytes, stop, clock, onFault } = options
  const open = new Set<InferStream>()
  const parts = {
    inference,
    maxMessageBytes,
    clock,
    onFault,
    onClosed: (stream: InferStream): void => void open.delete(stream),
  }
  const stopAll = (): void => {
    for (const stream of open) stream.stop()
  }
  stop.addEventListener('abort', stopAll, { once: true })
  return {
    kind: 'stream',
    maxMessageBytes,
    // Clients open one when they start, and keep it.
    firstMessageTimeoutMs: 0,
    open: (stream) => {
      const listener = new InferStream(stream, parts)
      open.add(listener)
      if (stop.aborted) listener.stop()
      return listener
    },
  }
}

/** A method that knows of no errors but those of the protocol. */
function unary(answer: (request: Buffer) => Buffer | Promise<Buffer>): UnaryMethod {
  return {
    kind: 'unary',
    handle: async (request) => {
      try {
        return await answer(request)
      } catch (error) {
        throw grpcErrorOf(error)
      }
    },
  }
}
