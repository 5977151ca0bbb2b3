import fs from 'node:fs'
import path from 'node:path'
import { waitUntil } from '@pelton/testkit'
import type { ImmediateOptions, ProceedOptions } from '@pelton/sdk'
import type { ClientRequest } from './exchange.ts'
import { type Site, type SiteOptions, siteSuite } from './extproc-site.ts'

/** What the handler is to do in one call (fixtures/planned-handler.ts). */
export interface Step {
  proceed?: ProceedOptions
  respond?: ImmediateOptions
  value?: unknown
  throws?: string
  hangs?: boolean
}

/** What the handler is to do with each side; nothing: no change. */
export interface Plan {
  request?: Step
  response?: Step
}

/** An event as the handler saw it. */
export interface SeenEvent {
  phase: number
  method: string
  path: string
  authority: string
  scheme: string
  contentType: string
  headers: Record<string, string | string[]>
  attributes: Record<string, Record<string, unknown>>
  metadata: Record<string, unknown>
  requestId: string
  status?: number
  trailers: Record<string, string>
  endOfStream: boolean
  text: string
  fields: Record<string, string>
  request?: { path: string; headers: Record<string, string>; body?: string }
  /** The handler hung, and its signal aborted; then nothing else is here. */
  aborted?: boolean
}

/** A site whose handler does what its requests say. */
export interface PlannedSite {
  site: () => Site
  /** A request with a new `x-case`, and its plan. */
  planned(request: ClientRequest, plan?: Plan): ClientRequest & { id: string }
  /** Waits until the handler has seen so many events of this request, and gives all of them. */
  seen(id: string, count: number): Promise<SeenEvent[]>
}

const handler = fs.readFileSync(path.join(import.meta.dirname, 'fixtures/planned-handler.ts'), 'utf8')

/** Attributes of each trigger, without `port`. */
export type Triggers = Record<string, string>

/** Starts it for all tests of a file. */
export function plannedSuite(
  triggers: Triggers,
  options: Omit<SiteOptions, 'files' | 'triggers'> & { skip: string | false; files?: Record<string, string> },
): PlannedSite {
  const site = siteSuite({
    ...options,
    triggers: Object.keys(triggers),
    files: (portOf) => ({ 'function.yaml': functionFile(triggers, portOf), 'handler.ts': handler, ...options.files }),
  })
  let count = 0
  return {
    site,
    planned(request, plan) {
      const id = `case ${count++}`
      const headers = { 'x-case': id, ...(plan ? { 'x-plan': JSON.stringify(plan) } : {}), ...request.headers }
      return { ...request, headers, id }
    },
    async seen(id, events) {
      const { served } = site()
      return waitUntil(`${events} events of ${id}`, async () => {
        const at = `/${encodeURIComponent(id)}`
        const { text } = await served.ask(undefined, { url: served.urlOf('seen'), path: at })
        const seen = JSON.parse(text) as SeenEvent[]
        return seen.length >= events ? seen : undefined
      }) as Promise<SeenEvent[]>
    },
  }
}

/** One pool of one worker, so that the trigger `seen` can tell what the handler saw. */
function functionFile(triggers: Triggers, portOf: (trigger: string) => number): string {
  const lines = Object.entries(triggers).map(
    ([name, attributes]) =>
      `    ${name}: { kind: extproc, workerAllocatorName: all, attributes: { port: ${portOf(name)}, ${attributes} } }`,
  )
  return `apiVersion: pelton/v1
spec:
  runtime: nodejs
  handler: handler.ts
  triggers:
    seen: { kind: http, url: 127.0.0.1:0, workerAllocatorName: all }
${lines.join('\n')}
`
}
