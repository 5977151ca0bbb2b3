import path from 'node:path'
import {
  type CreateTrigger,
  type ModelFacts,
  type TriggerContext,
  type TriggerSettings,
  untilAborted,
} from '@pelton/core'
import { httpListeners } from '@pelton/protocols/http'
import { errors } from '../../errors.ts'
import { type OpenInferenceAttributes, modelEntries } from './config.ts'
import { Inference } from './inference.ts'
import { grpcAddress, restAddress } from './listen-address.ts'
import { inferenceSeries } from './statistics/inference-series.ts'
import { Models } from './models/models.ts'
import { Repository } from './models/repository.ts'
import { errorAnswer } from './rest/rest-answers.ts'
import { tooLargeText } from './rest/rest-coding.ts'
import { answerRest } from './rest/rest.ts'
import { type ModelDescription, configuredModels, modelMismatch, workersModels } from './models/served-model.ts'

type Settings = TriggerSettings<OpenInferenceAttributes>

/** A server that is bound; closing it waits for what is in flight, until `abort` aborts. */
interface Opened {
  url: string
  close(abort: AbortSignal): Promise<void>
}

/** What may wait for a client that reads a stream, beside the answer that goes into it. */
const besideAnswerBytes = 2 * 1024 * 1024

/** A trigger that serves models by the Open Inference Protocol. */
export const createOpenInferenceTrigger: CreateTrigger<OpenInferenceAttributes> = (settings) => ({
  async run(context) {
    const models = new Models(modelSource(settings, context))
    const { workers, clock, logger } = context
    const isAllowed = settings.attributes.model_control ?? !settings.kubernetes
    const repository = new Repository({ models, workers, clock, logger, folder: settings.folder, isAllowed })
    context.series(() => inferenceSeries(models.known()))
    const servers = await open(settings, context, new Inference({ models, repository, settings, context }))
    for (const { url } of servers) context.reachable(url)
    context.ready(true)
    await untilAborted(context.stop)
    context.ready(false, 'stopping')
    await Promise.all(servers.map((server) => server.close(context.abort)))
  },
})

/** Reads the models that are there at the time: those of the workers, or of the configuration. Throws `models_disagree`. */
function modelSource({ name, runtime, attributes }: Settings, context: TriggerContext): () => ModelDescription[] {
  const configured = configuredModels(modelEntries(attributes), `pelton_${runtime ?? 'function'}`)
  const { workers } = context
  const reason = workers.models && modelMismatch(workers.models, attributes)
  if (reason) throw errors.models_disagree({ trigger: name, reason })
  let facts: readonly ModelFacts[] | undefined
  let described = configured
  return () => {
    const { models } = workers
    if (models === facts) return described
    facts = models
    described = models ? workersModels(models, attributes) : configured
    return described
  }
}

/** All or none: a port that cannot be bound gives the other one back. */
async function open(settings: Settings, context: TriggerContext, inference: Inference): Promise<Opened[]> {
  const rest = await openRest(settings, context, inference)
  try {
    const grpc = await openGrpc(settings, context, inference)
    return [rest, grpc].filter((server) => server !== undefined)
  } catch (error) {
    await rest?.close(AbortSignal.abort())
    throw error
  }
}

async function openRest(
  settings: Settings,
  context: TriggerContext,
  inference: Inference,
): Promise<Opened | undefined> {
  const address = restAddress(settings)
  if (!address) return undefined
  const { attributes, sharedAddress = false } = settings
  const maxBodyBytes = attributes.max_body_bytes
  const parts = { inference, maxBodyBytes, kubernetes: settings.kubernetes }
  const listener = await context.shared(httpListeners).listen({
    host: address.host,
    port: address.port,
    path: address.path,
    owner: `trigger ${context.name}`,
    portMayMove: !address.configured,
    reusePort: sharedAddress,
    tls: filesOf(settings),
    maxBodyBytes,
    tooLargeAnswer: errorAnswer({ status: 413, message: tooLargeText(maxBodyBytes) }),
    onRequest: (request) => answerRest(request, parts),
    onFault: (error) => context.logger.error('openinference_fault', { error: String(error) }),
  })
  noteMove(listener, context)
  return { url: `${listener.url}/v2`, close: (abort) => listener.close(abort) }
}

/** gRPC is loaded only where it is served. */
async function openGrpc(
  settings: Settings,
  context: TriggerContext,
  inference: Inference,
): Promise<Opened | undefined> {
  const address = grpcAddress(settings)
  if (!address) return undefined
  const { serveGrpc } = await import('@pelton/protocols/grpc')
  const { createInferenceService } = await import('./grpc/grpc-service.ts')
  const onFault = (error: unknown): void => context.logger.error('openinference_fault', { error: String(error) })
  const maxMessageBytes = settings.attributes.max_body_bytes
  const service = createInferenceService(inference, {
    maxMessageBytes,
    stop: context.stop,
    clock: context.clock,
    onFault,
  })
  const server = await serveGrpc({
    host: address.host,
    port: address.port,
    portMayMove: !address.configured,
    reusePort: settings.sharedAddress ?? false,
    services: [service],
    health: {
      serving: (name) => (name === '' || name === service.name ? context.serving.isServing : undefined),
      onChange: (listener) => context.serving.onChange(listener),
    },
    limits: { maxUnsentBytes: maxMessageBytes + besideAnswerBytes },
    clock: context.clock,
    tls: filesOf(settings),
    onFault,
  })
  noteMove(server, context)
  return server
}

function noteMove({ movedFrom, port }: { movedFrom?: number; port: number }, { logger }: TriggerContext): void {
  if (movedFrom !== undefined) logger.warn('port_moved', { from: movedFrom, to: port })
}

function filesOf({ attributes, folder }: Settings): { cert: string; key: string } | undefined {
  const { tls } = attributes
  return tls && { cert: path.resolve(folder, tls.cert), key: path.resolve(folder, tls.key) }
}
