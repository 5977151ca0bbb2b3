import type { Load } from '../load.ts'
import { treeCpuMicroseconds } from '../process-tree.ts'
import type { Sample, Subject } from '../samples.ts'
import { askOnce } from './ask-once.ts'
import { loadInference } from './load.ts'
import type { InferMessage } from './requests.ts'
import type { InferServer } from './servers.ts'

/** What one run of the load generator and /proc say. */
export type InferSample = Load & Sample

/** What a server is asked. */
export interface Asked {
  message: InferMessage
  connections: number
  /** What the first output must hold; absent: anything. */
  expected?: readonly number[]
}

/** A server that is asked the same again and again; requests that failed are an error. */
export function inferSubject(server: InferServer, { message, connections, expected }: Asked): Subject<InferSample> {
  const port = message.isGrpc ? server.grpcPort : server.port
  return {
    name: server.name,
    async measure(seconds) {
      const answerBytes = await askOnce(port, message, expected)
      const before = treeCpuMicroseconds(server.pid)
      const load = await loadInference({ message, port, connections, seconds, answerBytes })
      if (load.failures > 0) throw new Error(`${server.name}: ${load.failures} of ${load.requests} requests failed`)
      return { ...load, cpuUs: (treeCpuMicroseconds(server.pid) - before) / load.requests }
    },
  }
}
