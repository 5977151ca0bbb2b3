import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { MediaPrograms } from '../../scripts/tools/media-peers.ts'
import { environment } from '../servers.ts'
import { type Recording, recordVideo } from './record-video.ts'

/** Cameras that send a recording, at `/0`, `/1`, … of one port, from one process. */
export interface RecordedCameras {
  pid: number
  port: number
  stop(): Promise<void>
}

/** Starts so many, see serve-cameras.ts. */
export async function startRecordedCameras(
  programs: MediaPrograms,
  recording: Recording,
  count: number,
): Promise<RecordedCameras> {
  const video = await recordVideo(programs, recording)
  const file = fileURLToPath(new URL('serve-cameras.ts', import.meta.url))
  const child = spawn(process.execPath, [file, video, String(count)], {
    env: environment(),
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const gone = once(child, 'exit')
  const [port] = (await Promise.race([once(createInterface({ input: child.stdout }), 'line'), gone])) as [unknown]
  await rm(path.dirname(video), { recursive: true })
  if (typeof port !== 'string') throw new Error(`the cameras ended with ${String(port)}`)
  return {
    pid: child.pid ?? 0,
    port: Number(port),
    async stop() {
      child.stdin.end()
      await gone
    },
  }
}
