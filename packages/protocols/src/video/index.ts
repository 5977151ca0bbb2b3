export { pictureSizeOf, readSequenceSet } from './sequence-set/picture-size.ts'
export type { SequenceSet } from './sequence-set/sequence-set.ts'
export type {
  DecodedPicture,
  DecodingOptions,
  DecodingTaker,
  PictureFormat,
  SourceCodec,
  UnitToDecode,
  VideoCodec,
  VideoDecoder,
  VideoDecoders,
} from './video-decoder.ts'
export { videoDecoders } from './video-decoders.ts'
