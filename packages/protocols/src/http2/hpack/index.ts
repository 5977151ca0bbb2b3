export type { DecodedBlock } from './block-cache.ts'
export { encodeHeaders } from './encode-headers.ts'
export { HpackDecoder, type HpackLimits } from './hpack-decoder.ts'
export { HpackError } from './hpack-error.ts'
