import { post } from './load.ts'
import { treeCpuMicroseconds } from './process-tree.ts'
import { type Sample, interleave, medianOf, table, whole } from './samples.ts'
import { type Server, startPelton, startProgram, withServers } from './servers.ts'

const rounds = { rounds: 5, seconds: 3 }
const connections = 64

/** Requests whose answers go to a webhook as well: what arrives there, each second, and what it costs. */
export async function measureWebhook(): Promise<string> {
  const about =
    `Medians of ${rounds.rounds} rounds; a 1 KB echo over http, ${connections} connections, each answer posted to a local server ` +
    '(concurrency 16, `drop: block`). Load generator, processor and receiver share the cores.'
  return withServers([() => startProgram('receiver', ['webhook/receiver.ts'])], async ([receiver]) => {
    const url = `http://127.0.0.1:${receiver?.port}/`
    const start = (): Promise<Server> =>
      startPelton('webhook', 'webhook/echo', [`spec.triggers.http.attributes.sink.attributes.url=${url}`])
    return withServers([start], async ([server]) => {
      if (!server) throw new Error('there is no server')
      const samples = await interleave(
        [{ name: 'webhook', measure: (seconds) => measure(server, url, seconds) }],
        rounds,
      )
      const row = [
        whole(medianOf(samples, 'webhook', (s) => s.perSecond)),
        '≥ 5,000',
        medianOf(samples, 'webhook', (s) => s.cpuUs).toFixed(0),
      ]
      return [about, table(['deliveries/s', 'wanted', 'CPU µs, request and delivery'], [row])].join('\n\n')
    })
  })
}

async function measure(server: Server, url: string, seconds: number): Promise<Sample> {
  const before = { count: await deliveries(url), cpuUs: treeCpuMicroseconds(server.pid), at: performance.now() }
  const load = await post(server.port, { connections, seconds })
  if (load.failures > 0) throw new Error(`${load.failures} requests failed`)
  const count = (await deliveries(url)) - before.count
  const perSecond = count / ((performance.now() - before.at) / 1000)
  return { perSecond, cpuUs: (treeCpuMicroseconds(server.pid) - before.cpuUs) / count }
}

async function deliveries(url: string): Promise<number> {
  return Number(await (await fetch(url)).text())
}
