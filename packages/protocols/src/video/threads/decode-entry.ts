import { Buffer } from 'node:buffer'
import { parentPort } from 'node:worker_threads'
import type { NativeStream, OpenNativeStream, StreamReport } from './native-stream.ts'
import { type FromThread, type NativePackage, type OpenStream, sharedAt, type ToThread } from './thread-messages.ts'

const port = parentPort
if (!port) throw new Error('this module is the thread of video decoders')

const openers: Record<NativePackage, () => Promise<OpenNativeStream>> = {
  'node-av': async () => (await import('../node-av/node-av-stream.ts')).openNodeAv,
  '@napi-rs/webcodecs': async () => (await import('../webcodecs/webcodecs-stream.ts')).openWebCodecs,
  '@julusian/jpeg-turbo': async () => (await import('../jpeg-turbo/jpeg-turbo-stream.ts')).openJpegTurbo,
}

interface Stream {
  /** Undefined while it is being opened. */
  native: NativeStream | undefined
  shared: Int32Array
}

const streams = new Map<number, Stream>()

// It is not ended from outside while it is in native code: it ends itself when it is told, between two calls.
port.on('message', (message: ToThread) => {
  if (message.what === 'stop') return stop()
  if (message.what === 'open') return void open(message)
  if (message.what === 'close') return close(message.stream)
  const stream = streams.get(message.stream)
  if (!stream?.native || Atomics.load(stream.shared, sharedAt.closed) === 1) return
  try {
    if (message.what === 'want') stream.native.want()
    else push(stream.native, message)
  } catch (error) {
    // It alone is lost, not all streams of the thread.
    tell({ what: 'lost', stream: message.stream, detail: reasonOf(error) })
    close(message.stream)
  }
})

function push(native: NativeStream, { bytes, tag, isKey, due }: Extract<ToThread, { what: 'unit' }>): void {
  native.push({ bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), tag, isKey, due })
}

function close(stream: number): void {
  const known = streams.get(stream)
  streams.delete(stream)
  letGo(known?.native)
  tell({ what: 'closed', stream })
}

function letGo(native: NativeStream | undefined): void {
  try {
    native?.close()
  } catch {
    // The decoder is of no use any more; the other streams of the thread go on.
  }
}

/** Never rejects. */
async function open(options: OpenStream): Promise<void> {
  const { stream, by } = options
  const entry: Stream = { native: undefined, shared: new Int32Array(options.shared) }
  streams.set(stream, entry)
  try {
    const opener = await openers[by]()
    const native = await opener(options, reportOf(stream, entry.shared))
    // It may have been closed meanwhile.
    if (streams.has(stream)) entry.native = native
    else letGo(native)
    tell({ what: 'opened', stream })
  } catch (error) {
    streams.delete(stream)
    tell({ what: 'refused', stream, detail: reasonOf(error) })
  }
}

function reportOf(stream: number, shared: Int32Array): StreamReport {
  return {
    picture: (picture) =>
      port?.postMessage({ what: 'picture', stream, ...picture } satisfies FromThread, [picture.bytes.buffer]),
    superseded: (pictures) => tell({ what: 'superseded', stream, count: pictures }),
    damaged: (units) => tell({ what: 'damaged', stream, count: units }),
    finished: (units) => void Atomics.add(shared, sharedAt.finished, units),
  }
}

function tell(message: FromThread): void {
  port?.postMessage(message)
}

function stop(): void {
  for (const { native } of streams.values()) letGo(native)
  streams.clear()
  port?.close()
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
