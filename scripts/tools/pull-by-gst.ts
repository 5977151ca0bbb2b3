import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** A stream, and what GStreamer is to do with it. */
export interface GstPull {
  gstLaunch: string
  url: string
  transport: string
  /** Elements after the source, as `gst-launch-1.0` takes them. */
  decode: string
  buffers: number
}

/**
 * What GStreamer says while it decodes so many buffers of a stream; rejects when it cannot within 25 s. Its PAUSE may
 * cross its own TEARDOWN, then it calls the closed connection an error: what counts is that all buffers came.
 */
export async function pullByGst({ gstLaunch, url, transport, decode, buffers }: GstPull): Promise<string> {
  const source = `rtspsrc location=${url} protocols=${transport} latency=0`
  const args = ['-v', ...`${source} ! ${decode} ! fakesink num-buffers=${buffers}`.split(' ')]
  try {
    const { stdout } = await promisify(execFile)(gstLaunch, args, { timeout: 25_000 })
    return stdout
  } catch (error) {
    const { code, stdout = '' } = error as { code?: unknown; stdout?: string }
    if (code !== 1 || !stdout.includes('Got EOS from element')) throw error
    return stdout
  }
}
