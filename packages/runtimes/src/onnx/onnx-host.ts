import { type LogRecord, type PeltonLogger, createLogger, isLogged, systemClock } from '@pelton/core'
import type { Tensor } from '@pelton/protocols/inference'
import type { Loaded } from '@pelton/protocols/worker'
import { BatchQueue } from './batch-queue.ts'
import { isBatchable } from './batch-tensors.ts'
import { type ModelFile, findModels } from './find-models.ts'
import { loadOrt } from './load-ort.ts'
import type { SessionFacts } from './model-facts.ts'
import type { OnnxStart } from './onnx-start.ts'
import { OnnxWorker } from './onnx-worker.ts'
import { openSession } from './open-session.ts'
import { checkProviders, providerNames } from './providers.ts'
import type { ServedModel } from './served-models.ts'
import { joiningProblem, zeroInputs } from './warm-up.ts'

/** Loads the models of a function into this thread. Throws `PeltonError`s that say which file is wrong, and what to do. */
export async function loadOnnxHost(start: OnnxStart, write: (record: LogRecord) => void): Promise<Loaded> {
  const { trigger, folder, handler, attributes, logLevel } = start
  const logger = createLogger((record) => isLogged(record.level, logLevel) && write(record), {
    trigger: trigger.name,
    worker: start.index,
  })
  const files = findModels(folder, handler, start.models)
  const ort = loadOrt(folder)
  const known = ort.listSupportedBackends().map(({ name }) => name)
  const providers = providerNames(attributes.executionProviders)
  checkProviders(providers, known)
  const models: ServedModel[] = []
  for (const file of files) {
    const began = performance.now()
    const session = await openSession(ort, file.file, { ...attributes, providers, known })
    const model = serve(session, file, { start, logger })
    const loadMs = performance.now() - began
    if (attributes.warmUp) await warmUp(model, logger)
    tell(model, { logger, file, start, providers, loadMs })
    models.push(model)
  }
  const mostRows = Math.max(0, ...models.map(({ facts }) => facts.maxBatchSize))
  return {
    worker: new OnnxWorker(models, logger),
    trigger,
    // Twice a batch: the next one is read and put together while the last one's answers leave.
    facts: { concurrency: mostRows > 0 ? 2 * mostRows : 1, ahead: 1, models: models.map(({ facts }) => facts) },
  }
}

type Session = ServedModel['session']

function serve(
  session: Session,
  { name, version }: ModelFile,
  { start, logger }: { start: OnnxStart; logger: PeltonLogger },
): ServedModel {
  const { maxBatchSize: asked, maxQueueDelayMicroseconds } = start.attributes
  const { inputs, outputs, leftOut } = session.facts
  if (leftOut.length > 0)
    logger.warn('model_outputs_left_out', { model: name, outputs: leftOut, why: 'they are no tensors' })
  const obstacle = joiningObstacle(session.facts)
  const maxBatchSize = obstacle === undefined ? asked : 0
  if (maxBatchSize !== asked) {
    logger.warn('model_not_batched', { model: name, why: `${obstacle}; leave maxBatchSize out` })
  }
  const queue = new BatchQueue({
    maxBatchSize,
    maxQueueDelayUs: maxQueueDelayMicroseconds,
    run: (tensors, names) => session.run(tensors, names),
    clock: systemClock,
    onJoiningEnd: (reason) => logger.warn('model_not_batched', { model: name, why: reason }),
  })
  return { facts: { name, version, platform: 'onnx_onnxruntime', inputs, outputs, maxBatchSize }, session, queue }
}

/** Why rows of several requests must not be joined, if so. A tensor that may be of any rank need not have rows. */
function joiningObstacle({ inputs, outputs, anyRank, sharedSize }: SessionFacts): string | undefined {
  if (anyRank.size > 0 || !isBatchable({ inputs, outputs })) return 'it has no free first dimension'
  return sharedSize && `its rows meet: the dimension ${JSON.stringify(sharedSize)} is a first one and a later one`
}

async function warmUp({ facts, session, queue }: ServedModel, logger: PeltonLogger): Promise<void> {
  const inputs = zeroInputs(session.facts.inputs)
  if (inputs === undefined)
    return logger.info('warm_up_left_out', { model: facts.name, why: 'its inputs are too large' })
  try {
    const outputs = await session.run(inputs)
    if (facts.maxBatchSize < 2) return
    const run = (rows: readonly Tensor[]): Promise<Tensor[]> => session.run(rows)
    const problem = await joiningProblem({ facts: session.facts, run }, outputs)
    if (problem !== undefined) queue.endJoining(problem)
  } catch (error) {
    // Some models take no zeros, or no sizes of 1.
    const reason = error instanceof Error ? error.message : String(error)
    logger.warn('warm_up_failed', { model: facts.name, reason })
  }
}

/** One line a model, of the first worker; those of the others would say the same. */
function tell(
  { facts }: ServedModel,
  told: { logger: PeltonLogger; file: ModelFile; start: OnnxStart; providers: readonly string[]; loadMs: number },
): void {
  const { logger, file, start, providers, loadMs } = told
  const show = (tensors: typeof facts.inputs): string[] =>
    tensors.map(({ name, datatype, shape }) => `${name} ${datatype} [${shape.join(',')}]`)
  logger[start.index === 0 ? 'info' : 'debug']('model_loaded', {
    model: facts.name,
    version: facts.version,
    file: file.file,
    // What none of them takes, the processor does.
    providers: [...new Set([...providers, 'cpu'])],
    threads: start.attributes.intraOpThreads,
    inputs: show(facts.inputs),
    outputs: show(facts.outputs),
    maxBatchSize: facts.maxBatchSize,
    loadMs: Math.round(loadMs),
  })
}
