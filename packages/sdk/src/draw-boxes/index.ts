export type { Box, BoxLook, BoxPlace } from './box.ts'
export { type DrawBoxesOptions, drawBoxes } from './draw-boxes.ts'
export { JpegError, type JpegErrorCode } from './jpeg-error.ts'
