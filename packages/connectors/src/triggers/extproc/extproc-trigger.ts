import path from 'node:path'
import { type CreateTrigger, type TriggerContext, type TriggerSettings, untilAborted } from '@pelton/core'
import { extProcServiceName, loadDescriptors } from '@pelton/protocols/ext-proc'
import { type GrpcServer, type GrpcService, serveGrpc } from '@pelton/protocols/grpc'
import type { ExtProcAttributes } from './config.ts'
import { Deadlines } from './deadlines.ts'
import { listenAddress } from './listen-address.ts'
import { type ExtProcRules, rulesOf } from './rules.ts'
import { serverLimits } from './server-limits.ts'
import { Transaction } from './transaction.ts'

/** What a message has beside a body: headers, attributes, metadata. */
const besideBodyBytes = 1024 * 1024
/** Pieces of bodies that go past the handler are not larger than the proxy's buffers, 1 MiB unless they are configured. */
const leastMessageBytes = 4 * 1024 * 1024

/** A trigger that an Envoy proxy asks about each of its HTTP transactions. */
export const createExtProcTrigger: CreateTrigger<ExtProcAttributes> = (settings) => ({
  run: (context) => runExtProcTrigger(settings, context),
})

async function runExtProcTrigger(settings: TriggerSettings<ExtProcAttributes>, context: TriggerContext): Promise<void> {
  const deadlines = new Deadlines(context.clock)
  const rules = rulesOf(settings)
  const server = await serve(settings, context, createService({ settings, context, rules, deadlines }))
  context.reachable(server.url)
  context.ready(true)
  await untilAborted(context.stop)
  context.ready(false, 'stopping')
  await drain(server, settings, context)
  deadlines.clear()
}

interface ServiceParts {
  settings: TriggerSettings<ExtProcAttributes>
  context: TriggerContext
  rules: ExtProcRules
  deadlines: Deadlines
}

function createService({ settings, context, rules, deadlines }: ServiceParts): GrpcService {
  const { name, kind, numWorkers } = settings
  const parts = { rules, trigger: { kind, name }, context, logger: context.logger, deadlines }
  let transactions = 0
  return {
    name: extProcServiceName,
    methods: {
      Process: {
        kind: 'stream',
        maxMessageBytes: Math.max(leastMessageBytes, rules.maxBodyBytes + besideBodyBytes),
        open: (stream) => new Transaction(stream, parts, numWorkers > 1 ? String(++transactions) : undefined),
      },
    },
    descriptors: loadDescriptors,
  }
}

function serve(
  settings: TriggerSettings<ExtProcAttributes>,
  context: TriggerContext,
  service: GrpcService,
): Promise<GrpcServer> {
  const { attributes, folder, sharedAddress = false } = settings
  const { host, port } = listenAddress(settings)
  const { tls } = attributes
  const { maxConcurrentStreams } = serverLimits(attributes)
  return serveGrpc({
    host,
    port,
    reusePort: sharedAddress,
    services: [service],
    health: {
      serving: (name) => (name === '' || name === service.name ? context.serving.isServing : undefined),
      onChange: (listener) => context.serving.onChange(listener),
    },
    limits: { maxConcurrentStreams },
    clock: context.clock,
    onFault: (error) => context.logger.error('extproc_fault', { error: String(error) }),
    ...(tls ? { tls: filesOf(tls, folder) } : {}),
  })
}

function filesOf(
  { cert, key, ca }: { cert: string; key: string; ca?: string | undefined },
  folder: string,
): { cert: string; key: string; ca?: string } {
  const resolved = { cert: path.resolve(folder, cert), key: path.resolve(folder, key) }
  return ca === undefined ? resolved : { ...resolved, ca: path.resolve(folder, ca) }
}

/** Open transactions may go on for the configured time, within the grace time of the processor. */
async function drain(
  server: GrpcServer,
  { attributes }: TriggerSettings<ExtProcAttributes>,
  { abort, clock }: TriggerContext,
): Promise<void> {
  const cut = new AbortController()
  const timer = clock.after(serverLimits(attributes).shutdownMs, () => cut.abort())
  const end = (): void => cut.abort()
  abort.addEventListener('abort', end, { once: true })
  if (abort.aborted) end()
  await server.close(cut.signal)
  abort.removeEventListener('abort', end)
  timer.cancel()
}
