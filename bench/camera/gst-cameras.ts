import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('../../scripts/tools/gst-rtsp-server.py', import.meta.url))

/** GStreamer's RTSP server with its test pictures; `/h264` is 1280×720, 25 a second, a key frame each second. */
export interface GstCameras {
  pid: number
  port: number
  /** `rtsp://127.0.0.1:PORT` */
  url: string
  /** Kills it, as a power cut would. */
  stop(): Promise<void>
}

/** Starts it on a port, or a free one, with a Python that has its bindings. */
export async function startGstCameras({ python }: { python: string }, wanted = 0): Promise<GstCameras> {
  const child = spawn(python, [script, String(wanted)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const gone = once(child, 'exit')
  const [line] = (await Promise.race([once(createInterface({ input: child.stdout }), 'line'), gone])) as [unknown]
  const port = Number(/^ready (\d+)$/.exec(String(line))?.[1])
  if (!(port > 0)) throw new Error(`GStreamer's server is not ready: ${String(line)}`)
  return {
    pid: child.pid ?? 0,
    port,
    url: `rtsp://127.0.0.1:${port}`,
    async stop() {
      child.kill('SIGKILL')
      await gone
    },
  }
}
