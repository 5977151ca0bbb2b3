/** What the headers of a JPEG image say (ITU-T T.81 annex B). Tables are views of the image's bytes. */
export interface JpegFacts {
  width: number
  height: number
  /** `other` is lossless, differential or arithmetic. */
  coding: 'baseline' | 'extended' | 'progressive' | 'other'
  /** Bits of a sample. */
  precision: number
  components: readonly JpegComponent[]
  /** By their ids, 0 to 3. */
  quantTables: readonly (QuantTable | undefined)[]
  /** By their ids, 0 to 3: 16 counts, then the values. */
  dcTables: readonly (Buffer | undefined)[]
  acTables: readonly (Buffer | undefined)[]
  /** MCUs between restart markers; 0 when there are none. */
  restartInterval: number
  /** How many components the first scan has. */
  scanComponents: number
  /** Where the entropy-coded data of the first scan is: behind its header, up to the next marker that is no restart. */
  scanStart: number
  scanEnd: number
  /** It has that one scan only, ended by an end marker or by the end of the bytes. */
  isSingleScan: boolean
}

/** One colour component. Table ids are those of the first scan. */
export interface JpegComponent {
  id: number
  /** Sampling factors. */
  horizontal: number
  vertical: number
  quantTable: number
  /** Undefined for one that is not in the first scan. */
  dcTable: number | undefined
  acTable: number | undefined
}

/** 64 divisors in zigzag order. */
export interface QuantTable {
  /** 8 or 16. */
  precision: number
  /** 64 or, big-endian, 128 bytes. */
  bytes: Buffer
}
