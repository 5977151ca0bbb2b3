import type { InferenceSession } from 'onnxruntime-node'
import { errors } from '../errors.ts'
import type { OnnxAttributes } from './config.ts'
import { readGraphValues } from './graph-values.ts'
import { loadFault, plainReason } from './load-fault.ts'
import type { Ort } from './load-ort.ts'
import { sessionFacts } from './model-facts.ts'
import { Session } from './session.ts'

/** What sessions are made with. */
export interface SessionOptions extends Pick<OnnxAttributes, 'intraOpThreads'> {
  /** By ONNX Runtime's names, the preferred one first. */
  providers: readonly string[]
  /** All that this build has. */
  known: readonly string[]
}

/** Loads a model's file. Throws `model_not_loaded` or `provider_missing`, which say what is wrong and what to do. */
export async function openSession(ort: Ort, file: string, options: SessionOptions): Promise<Session> {
  const graphValues = () => readGraphValues(file)
  const session = await createSession(ort, file, options).catch(async (error: unknown) => {
    throw (await providerFault(ort, { file, options, error })) ?? loadFault(file, error, graphValues)
  })
  if (session.inputMetadata === undefined) {
    throw errors.onnxruntime_not_loaded({
      module: 'onnxruntime-node',
      reason: 'it is too old to tell of a model’s inputs',
    })
  }
  return new Session(ort, session, sessionFacts(file, session, graphValues))
}

function createSession(
  ort: Ort,
  file: string,
  { providers, intraOpThreads }: Pick<SessionOptions, 'providers' | 'intraOpThreads'>,
): Promise<InferenceSession> {
  return ort.InferenceSession.create(file, {
    executionProviders: [...providers],
    intraOpNumThreads: intraOpThreads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    // What fails is thrown; see `loadOrt`.
    logSeverityLevel: 4,
    // Threads that spin between runs take the processor from the other workers.
    ...(intraOpThreads > 1 ? { extra: { session: { intra_op: { allow_spinning: '0' } } } } : {}),
  })
}

/** Whether it is the providers' fault that the file cannot be loaded: by the processor alone it can. */
async function providerFault(
  ort: Ort,
  { file, options, error }: { file: string; options: SessionOptions; error: unknown },
): Promise<Error | undefined> {
  const others = options.providers.filter((name) => name !== 'cpu')
  if (others.length === 0) return undefined
  const session = await createSession(ort, file, { ...options, providers: ['cpu'] }).catch(() => undefined)
  await session?.release()
  if (session === undefined) return undefined
  return errors.provider_missing(
    { provider: others.join(', '), reason: plainReason(error), known: options.known },
    error,
  )
}
