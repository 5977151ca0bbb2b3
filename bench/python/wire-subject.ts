import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Sample, Subject } from '../samples.ts'
import { environment } from '../servers.ts'
import type { WireCounts, WireOptions } from './wire-server.ts'

/** A worker that is driven from Node.js, without any trigger. */
export interface WireSubject extends Subject {
  stop(): Promise<void>
}

/** Starts one in a process of its own; resolves when it is ready. */
export async function startWire(name: string, options: WireOptions): Promise<WireSubject> {
  const file = fileURLToPath(new URL('wire-server.ts', import.meta.url))
  const child = fork(file, [JSON.stringify(options)], { env: environment() })
  const gone = once(child, 'exit')
  await nextMessage(child, name)
  return {
    name,
    async measure(seconds): Promise<Sample> {
      child.send(seconds * 1000)
      const { events, ms, cpuUs } = (await nextMessage(child, name)) as WireCounts
      return { perSecond: (events / ms) * 1000, cpuUs: cpuUs / events }
    },
    async stop() {
      if (child.connected) child.disconnect()
      await gone
    },
  }
}

function nextMessage(child: ChildProcess, name: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => reject(new Error(`${name} ended with ${code}`))
    child.once('exit', onExit)
    child.once('message', (message) => {
      child.off('exit', onExit)
      resolve(message)
    })
  })
}
