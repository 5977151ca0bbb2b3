import { parseListenAddress } from '@pelton/core'
import type { PlatformConfig } from '../config/function-config.ts'
import { errors } from '../errors.ts'
import type { Readiness } from './readiness.ts'
import { type SideAnswer, type SideServer, openSideServer } from './side-server.ts'

/** What the side listeners report. */
export interface SideReports {
  readiness(): Readiness
  /** By trigger name: its configuration and state. */
  triggers(): Record<string, unknown>
  /** By trigger name: its counters; undefined for an unknown one. */
  triggerStats(name: string): unknown
  metrics(): string
}

/** The listeners beside the triggers, bound. */
export interface SideServers {
  admin?: SideServer
  health?: SideServer
  pulls: SideServer[]
  /** Answers nuclio's readiness path on Kubernetes when no trigger does. */
  probe?: SideServer
}

/** Where they listen, and what they keep away from. */
export interface SideServerFacts {
  platform: PlatformConfig
  kubernetes: boolean
  /** Ports that triggers are going to bind. */
  ports: ReadonlySet<number>
}

const json = (status: number, value: unknown): SideAnswer => ({
  status,
  contentType: 'application/json',
  body: JSON.stringify(value),
})

/** Opens health first, then admin and metrics. Closes what it opened when one cannot be bound. */
export async function openSideServers(facts: SideServerFacts, reports: SideReports): Promise<SideServers> {
  const { platform, kubernetes, ports } = facts
  const opened: SideServer[] = []
  const open = async (
    what: string,
    address: string | undefined,
    fallback: string,
    answer: Answer,
  ): Promise<SideServer> => {
    const place = parseListenAddress(address ?? fallback)
    if (!place) throw errors.listen_failed({ what, address: address ?? '', reason: 'it is no host:port' })
    const server = await openSideServer({ what, ...place, configured: address !== undefined, avoid: ports, answer })
    opened.push(server)
    return server
  }
  try {
    const servers: SideServers = { pulls: [] }
    const { healthCheck, webAdmin, metricsPull } = platform
    if (healthCheck.enabled) {
      const fallback = kubernetes ? '0.0.0.0:8082' : '127.0.0.1:8082'
      servers.health = await open('The health listener', healthCheck.listenAddress, fallback, healthAnswers(reports))
    }
    if (kubernetes && !ports.has(8080)) {
      servers.probe = await open('The readiness probe', '0.0.0.0:8080', '', probeAnswers)
    }
    if (webAdmin.enabled) {
      servers.admin = await open('The admin listener', webAdmin.listenAddress, '127.0.0.1:8081', adminAnswers(reports))
    }
    for (const address of metricsPull) {
      servers.pulls.push(await open('The metrics listener', address, address, metricsAnswers(reports)))
    }
    return servers
  } catch (error) {
    await Promise.all(opened.map((server) => server.close()))
    throw error
  }
}

/** All that are open. */
export function listSideServers({ admin, health, pulls, probe }: SideServers): SideServer[] {
  return [admin, health, probe, ...pulls].filter((server) => server !== undefined)
}

type Answer = (path: string, query: URLSearchParams) => SideAnswer | undefined

function healthAnswers(reports: SideReports): Answer {
  return (path, query) => {
    if (path === '/live') return json(200, {})
    if (path !== '/ready') return undefined
    const { ready, reasons } = reports.readiness()
    return json(ready ? 200 : 503, ready && !query.has('full') ? {} : { ready, reasons })
  }
}

function adminAnswers(reports: SideReports): Answer {
  const metrics = metricsAnswers(reports)
  return (path, query) => {
    const [, first, name, third, ...rest] = path.split('/')
    if (first !== 'triggers' || rest.length > 0) return metrics(path, query)
    if (!name) return json(200, reports.triggers())
    const id = decode(name)
    const triggers = reports.triggers()
    if (!Object.hasOwn(triggers, id)) return undefined
    if (third === undefined || third === '') return json(200, triggers[id])
    return third === 'stats' ? json(200, reports.triggerStats(id)) : undefined
  }
}

function metricsAnswers(reports: SideReports): Answer {
  return (path) =>
    path === '/metrics'
      ? { status: 200, contentType: 'text/plain; version=0.0.4; charset=utf-8', body: reports.metrics() }
      : undefined
}

const probeAnswers: Answer = (path) =>
  path.startsWith('/__internal/health') ? { status: 200, contentType: 'text/plain', body: '' } : undefined

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
