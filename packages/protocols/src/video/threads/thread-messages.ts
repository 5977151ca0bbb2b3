import type { MadePicture, NativeOptions, PicturePlace } from './native-stream.ts'
import type { UnitToDecode } from '../video-decoder.ts'

/** The packages whose decoders run in a thread. */
export type NativePackage = 'node-av' | '@napi-rs/webcodecs' | '@julusian/jpeg-turbo'

/** What the numbers that both threads see are: units done with that were not noted yet, and whether the stream is closed. */
export const sharedAt = { finished: 0, closed: 1 } as const

/** A stream to decode: answered by `opened` or `refused`. */
export interface OpenStream extends NativeOptions {
  what: 'open'
  stream: number
  by: NativePackage
  /** Numbers of 32 bits, see `sharedAt`. */
  shared: SharedArrayBuffer
}

/** What a thread is told. `stop`: it closes all and ends, between two calls of native code. */
export type ToThread =
  | OpenStream
  | ({ what: 'unit'; stream: number; bytes: Uint8Array<ArrayBuffer> } & Omit<UnitToDecode, 'bytes'>)
  | { what: 'want'; stream: number }
  | { what: 'close'; stream: number }
  | { what: 'stop' }

/** What a thread tells of a stream. */
export type FromThread =
  | { what: 'opened' | 'closed'; stream: number }
  | { what: 'refused' | 'lost'; stream: number; detail: string }
  | ({ what: 'picture'; stream: number } & MadePicture & PicturePlace)
  | { what: 'superseded' | 'damaged'; stream: number; count: number }
