import type { Buffer } from 'node:buffer'
import type { DecodedPicture, PictureFormat, SourceCodec, UnitToDecode } from '../video-decoder.ts'

/** A picture that a decoder in a thread has made. */
export interface MadePicture {
  /** In memory of its own, which is given away whole. */
  bytes: Uint8Array<ArrayBuffer>
  width: number
  height: number
}

/** Which picture it is. */
export type PicturePlace = Pick<DecodedPicture, 'tag' | 'place'>

/** What a decoder in a thread tells. */
export interface StreamReport {
  picture(picture: MadePicture & PicturePlace): void
  superseded(pictures: number): void
  damaged(units: number): void
  /** So many units are done with, whatever became of them. */
  finished(units: number): void
}

/** A stream that is decoded in this thread. Never throws. */
export interface NativeStream {
  push(unit: UnitToDecode & { bytes: Buffer }): void
  want(): void
  close(): void
}

/** Which stream a thread is to decode, by which files. */
export interface NativeOptions {
  codec: SourceCodec
  format: PictureFormat
  /** The module to load. */
  module: string
  /** Of jpeg-turbo, where it is installed. */
  turbo: string | undefined
}

/** Loads a package and opens a decoder; rejects with why it cannot. */
export type OpenNativeStream = (options: NativeOptions, report: StreamReport) => Promise<NativeStream>
