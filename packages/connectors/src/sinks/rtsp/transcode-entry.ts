import { createRequire } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import type * as JpegTurbo from '@julusian/jpeg-turbo'
import { scaleToFit } from './scale-to-fit.ts'

/** What the thread is given: the file of jpeg-turbo. */
export interface ThreadFacts {
  module: string
}

/** A JPEG, or why there is none. */
export type ThreadAnswer = Uint8Array | { fault: string }

/** Best that RFC 2435 readers see as the picture that it was. */
const quality = 90

const port = parentPort
if (!port) throw new Error('this module is the thread of a transcoder')

// It is not ended from outside while it is in native code: it ends itself when it is told, between two calls.
port.on('message', (given: Uint8Array | 'stop') => {
  if (given === 'stop') return port.close()
  const answer = transcode(given)
  port.postMessage(answer, answer instanceof Uint8Array ? [answer.buffer as ArrayBuffer] : [])
})

function transcode(given: Uint8Array): ThreadAnswer {
  try {
    const turbo = createRequire(import.meta.url)((workerData as ThreadFacts).module) as typeof JpegTurbo
    const { FORMAT_RGB: format, SAMP_420: subsampling } = turbo
    const jpeg = Buffer.from(given.buffer, given.byteOffset, given.byteLength)
    const { data, width, height } = scaleToFit(turbo.decompressSync(jpeg, { format }))
    // Its own memory, which may be handed over.
    return new Uint8Array(turbo.compressSync(data, { format, width, height, subsampling, quality }))
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) }
  }
}
