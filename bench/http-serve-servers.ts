import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { EventData } from '@pelton/core'
import { FakeTriggerContext, handled, triggerSettings } from '@pelton/testkit'
import { Site, serve } from '@pelton/protocols/http'
import { createConnectorCatalogue } from '@pelton/connectors'

const starters: Record<string, () => Promise<number>> = { bare, serve: seam, trigger }

/** The server to compare with: reads the body and echoes it, with nothing around. */
async function bare(): Promise<number> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
      response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': body.length })
      response.end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

async function seam(): Promise<number> {
  const site = new Site({
    maxBodyBytes: 4 << 20,
    onRequest: async (request) => ({
      status: 200,
      headers: [],
      contentType: 'application/octet-stream',
      body: request.body,
    }),
  })
  const server = await serve({ host: '127.0.0.1', port: 0 }, () => site)
  return server.port
}

/** The http trigger above it, with a dispatch that answers at once. */
async function trigger(): Promise<number> {
  const found = await createConnectorCatalogue().trigger('http')
  const manifest = found!.manifest
  const context = new FakeTriggerContext()
  context.dispatch = async (event) =>
    handled({ contentType: 'application/octet-stream', body: (event as EventData).body })
  const ready = Promise.withResolvers<void>()
  context.ready = () => ready.resolve()
  const run = (await manifest.load())(triggerSettings(manifest, { url: '127.0.0.1:0' })).run(context)
  await Promise.race([ready.promise, run])
  return Number(new URL(context.urls[0]!).port)
}

const port = await starters[process.argv[2]!]!()
let last = process.cpuUsage()
process.on('message', () => {
  const used = process.cpuUsage(last)
  last = process.cpuUsage()
  process.send!(used.user + used.system)
})
process.send!(port)
