import { type ChildProcess, spawn } from 'node:child_process'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { root } from './repository.ts'

/** A running RTSP server of GStreamer; its mounts are in `gst-rtsp-server.py`. */
export interface GstServer {
  port: number
  /** `rtsp://127.0.0.1:PORT` */
  url: string
  /** Kills it as a power cut would; resolves when it is gone. */
  kill(): Promise<void>
}

/** How it serves. */
export interface GstServerOptions {
  /** Default 0: a free one. */
  port?: number
  /** Wants the user `cam` with the password `pw`, by Digest. */
  auth?: boolean
}

/** Starts it with a Python of `mediaPeers`; rejects when it ends or says nothing for 20 s. Ends it with `t`. */
export async function startGstServer(
  t: { after(action: () => Promise<void>): void },
  python: string,
  options: GstServerOptions = {},
): Promise<GstServer> {
  const script = path.join(root, 'scripts/tools/gst-rtsp-server.py')
  const args = [script, String(options.port ?? 0), ...(options.auth ? ['auth'] : [])]
  const child = spawn(python, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const kill = (): Promise<void> => {
    child.kill('SIGKILL')
    return exited
  }
  t.after(kill)
  const port = await readPort(child)
  return { port, url: `rtsp://127.0.0.1:${port}`, kill }
}

function readPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let printed = ''
    const timer = setTimeout(() => reject(new Error(`GStreamer's server was not ready in 20 s: ${printed}`)), 20_000)
    child.stderr!.on('data', (text: Buffer) => (printed = (printed + text.toString()).slice(-2_000)))
    child.once('error', reject)
    child.once('exit', () => {
      clearTimeout(timer)
      reject(new Error(`GStreamer's server ended: ${printed}`))
    })
    createInterface(child.stdout!).on('line', (line) => {
      const port = /^ready (\d+)$/.exec(line)?.[1]
      if (port === undefined) return
      clearTimeout(timer)
      resolve(Number(port))
    })
  })
}
