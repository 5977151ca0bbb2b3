import path from 'node:path'
import { type CreateSink, type PeltonError, type Sink, type SinkItem, type SinkSettings } from '@pelton/core'
import { errors } from '../../errors.ts'
import type { WebhookAttributes } from './config.ts'
import { Connections } from './connections.ts'
import { DeadLetters } from './dead-letters.ts'
import { destinationOf } from './destination.ts'
import { readUserAgent } from './user-agent.ts'
import { WebhookSession } from './webhook-session.ts'
import { createRequests } from './webhook-request.ts'

/**
 * Sends each answer as a request. A receiver that is away costs the attempts of the answers it misses: there is no
 * connection to lose, so the sink stays open.
 */
export const createWebhookSink: CreateSink<WebhookAttributes> = (settings) => {
  let session: WebhookSession | undefined
  const sink: Sink = {
    concurrency: settings.attributes.concurrency,
    async open() {
      session = await openSession(settings)
    },
    async write(item: SinkItem) {
      if (!session) throw notOpen(settings.name)
      await session.deliver(item)
    },
    async close(deadlineMs) {
      const open = session
      session = undefined
      await open?.close(deadlineMs)
    },
  }
  return sink
}

function notOpen(sink: string): PeltonError {
  return errors.sink_not_open({ sink })
}

async function openSession(settings: SinkSettings<WebhookAttributes>): Promise<WebhookSession> {
  const { attributes, folder, clock, logger, retried } = settings
  const { concurrency, dead_letter_file: deadLetterFile, tls } = attributes
  const ca = tls.ca === undefined ? undefined : await readCa(path.resolve(folder, tls.ca))
  const deadLetters = deadLetterFile === undefined ? undefined : new DeadLetters(path.resolve(folder, deadLetterFile))
  await deadLetters?.open()
  return new WebhookSession({
    url: destinationOf(new URL(attributes.url)).shown,
    requestOf: createRequests(attributes, readUserAgent()),
    deadLetters,
    logger,
    connections: new Connections({ idle: concurrency, ca, rejectUnauthorized: tls.rejectUnauthorized }),
    clock,
    timeoutMs: attributes.timeout,
    signingSecret: attributes.signing_secret,
    maxRetries: attributes.maxRetries,
    retryDelayMs: attributes.retryDelay,
    retried,
  })
}

/** The module is large for a function that few files need. */
async function readCa(file: string): Promise<string> {
  return (await import('@pelton/protocols/http')).readAuthorities(file)
}
