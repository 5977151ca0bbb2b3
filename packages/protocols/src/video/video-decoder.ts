import type { Buffer } from 'node:buffer'

/** Codecs of video whose pictures need those before them. */
export type VideoCodec = 'h264' | 'h265'

/** What can be decoded; pictures of `jpeg` (ITU-T T.81) stand alone, so each of them is a key picture. */
export type SourceCodec = VideoCodec | 'jpeg'

/** What is made of a decoded picture: a JPEG (baseline, with the tables of RFC 2435), or its pixels without padding. */
export type PictureFormat = 'jpeg' | 'rgb' | 'i420'

/** An access unit on its way into a decoder. */
export interface UnitToDecode {
  /** A byte stream with start codes (ITU-T H.264 annex B), or an image of JPEG; it belongs to the decoder from now on. */
  bytes: Buffer
  /** Given back with its picture. */
  tag: number
  isKey: boolean
  /** always: its picture is one to be made; ifWaiting: only in the place of one that nobody has taken yet. */
  due: 'always' | 'ifWaiting' | 'never'
}

/** A picture that was wanted, in memory of its own. */
export interface DecodedPicture {
  bytes: Buffer
  width: number
  height: number
  /** Of its access unit. */
  tag: number
  /** The tag that it would have if units came in the order of their pictures: it grows where `tag` does not. */
  place: number
}

/** Takes what a decoder gives; nothing of it is called before `push` and `want` have returned, nor after `close`. */
export interface DecodingTaker {
  onPicture(picture: DecodedPicture): void
  /** So many pictures that were due were let go, since newer ones came before they were wanted. */
  onSuperseded(pictures: number): void
  /** So many access units gave no picture: they are damaged, or came faster than they are decoded. */
  onDropped(units: number, reason: 'damaged' | 'decoder_late'): void
  /** The decoder can do no more: another one is to be opened. */
  onLost(detail: string): void
}

/** Decodes the pictures of one stream, all that others need, and makes something only of those that are due and wanted. */
export interface VideoDecoder {
  /** The name of the package or program that decodes, for the log. */
  readonly by: string
  /** In decoding order, beginning with a key picture; after a loss again with one. */
  push(unit: UnitToDecode): void
  /** One picture is wanted: the newest due one that waits, or else the next. Wanting twice is wanting once. */
  want(): void
  close(): void
}

/** A stream that is to be decoded. */
export interface DecodingOptions {
  codec: SourceCodec
  /** JPEGs are asked for as pixels: they are JPEGs already. */
  format: PictureFormat
  taker: DecodingTaker
}

/** Decoders with what is installed for one function. */
export interface VideoDecoders {
  /** The first decoder that is installed and knows the codec. Rejects with `no_video_decoder`. */
  open(options: DecodingOptions): Promise<VideoDecoder>
}
