export { boundaryOf } from './boundary-of.ts'
export { isJpeg, whyNoJpeg } from './is-jpeg.ts'
export { type MjpegEvents, MjpegReader, type PartFault, defaultMaxFrameBytes } from './mjpeg-reader.ts'
export { multipartType, partHead, partTail } from './write-part.ts'
