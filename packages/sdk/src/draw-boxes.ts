import type { Box } from './draw-boxes/box.ts'
import type { DrawBoxesOptions } from './draw-boxes/draw-boxes.ts'
import type * as Drawing from './draw-boxes/index.ts'
import type { Bytes } from './event.ts'

let drawing: typeof Drawing | undefined

/**
 * Draws boxes with labels on a JPEG, and gives it as a JPEG: the picture beside the lines is as it was, to the bit, and so are its size,
 * quantisation tables and metadata. Its Huffman tables are then the standard ones, as RTSP (RFC 2435) wants them. A picture that has them,
 * and on which there is nothing to draw, is given back itself.
 * For baseline and extended pictures of 8 bits, grey or in colour, of 40 million pixels and 128 MiB at most. Throws `JpegError` for others
 * and for damaged ones, `TypeError` for a box or an option that is none.
 */
export function drawBoxes(jpeg: Bytes, boxes: readonly Box[], options?: DrawBoxesOptions): Bytes {
  drawing ??= load()
  return drawing.drawBoxes(jpeg, boxes, options)
}

// Every handler loads the sdk, and few draw: its modules are loaded by the first call, which cannot wait for an `import()`.
function load(): typeof Drawing {
  const ending = import.meta.url.slice(import.meta.url.lastIndexOf('.'))
  const { createRequire } = process.getBuiltinModule('node:module')
  try {
    return createRequire(import.meta.url)(`./draw-boxes/index${ending}`) as typeof Drawing
  } catch (cause) {
    throw new Error("drawBoxes is not beside this file: bundles import it from '@pelton/sdk/draw-boxes'", { cause })
  }
}
