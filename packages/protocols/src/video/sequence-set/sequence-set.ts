/** What a sequence parameter set says of its pictures. */
export interface SequenceSet {
  /** In pixels, of what is shown. */
  width: number
  height: number
  /** Such as `Constrained Baseline`; a number for one without a name here. */
  profile: string
  /** Such as `4` or `3.1`. */
  level: string
}

/** Coded size in pixels, and what is cut off in steps of the chroma format. */
export interface CodedSize {
  width: number
  height: number
  /** 0 without colour, 1 for 4:2:0, 2 for 4:2:2, 3 for 4:4:4. */
  chroma: number
  crop: { left: number; right: number; top: number; bottom: number }
  /** Lines of a picture for one of a field: 2 where fields are coded apart. */
  rows: 1 | 2
}

const mostPixels = 65_535

/** Size of what is shown (ITU-T H.264 §7.4.2.1.1, H.265 §7.4.3.2.1); undefined when nothing sensible is left. */
export function shownSize({
  width,
  height,
  chroma,
  crop,
  rows,
}: CodedSize): { width: number; height: number } | undefined {
  const stepX = chroma === 1 || chroma === 2 ? 2 : 1
  const stepY = (chroma === 1 ? 2 : 1) * rows
  const size = {
    width: width - stepX * (crop.left + crop.right),
    height: height - stepY * (crop.top + crop.bottom),
  }
  const isSensible = size.width > 0 && size.height > 0 && width <= mostPixels && height <= mostPixels
  return isSensible ? size : undefined
}
