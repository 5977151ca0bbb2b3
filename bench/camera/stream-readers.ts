import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { environment } from '../servers.ts'

/** What came to all readers. */
export interface ReaderCounts {
  pictures: number
  packets: number
  lost: number
}

/** Readers of one stream, in a process of their own. */
export interface StreamReaders {
  counts(): Promise<ReaderCounts>
  stop(): Promise<void>
}

/** Starts so many, see read-streams.ts; resolves when each has a picture. */
export async function startReaders(url: string, transport: 'tcp' | 'udp', count: number): Promise<StreamReaders> {
  const file = fileURLToPath(new URL('read-streams.ts', import.meta.url))
  const child = spawn(process.execPath, [file, url, transport, String(count)], {
    env: environment(),
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const gone = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })
  const line = async (): Promise<string> => {
    const [text] = (await Promise.race([once(lines, 'line'), gone])) as [unknown]
    if (typeof text !== 'string') throw new Error(`the readers of ${url} ended with ${String(text)}`)
    return text
  }
  await line()
  return {
    async counts() {
      const answer = line()
      child.stdin.write('\n')
      return JSON.parse(await answer) as ReaderCounts
    },
    async stop() {
      child.stdin.end()
      await gone
    },
  }
}
