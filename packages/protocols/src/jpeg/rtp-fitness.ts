import type { JpegComponent, JpegFacts } from './jpeg-facts.ts'
import { standardHuffman } from './standard-huffman.ts'

/** The types of RFC 2435 §4.1: 4:2:2 or 4:2:0, and 64 more with restart markers. */
export type RtpJpegType = 0 | 1 | 64 | 65

/** Longest side that eight bits of eight pixels can say. */
const longestSide = 2_040

/**
 * Whether an image can be sent as RTP/JPEG as it is (RFC 2435), or why not. With `padded` sizes its sides need not be
 * multiples of 8: receivers then see up to 7 more pixels at the right and the bottom, which the image's last blocks hold.
 */
export function rtpFitness(
  facts: JpegFacts,
  sizes: 'exact' | 'padded' = 'exact',
): { type: RtpJpegType } | { why: string } {
  const why = sizeFault(facts, sizes) ?? formFault(facts) ?? tableFault(facts)
  if (why !== undefined) return { why }
  const base = facts.components[0]!.vertical === 1 ? 0 : 1
  return { type: facts.restartInterval === 0 ? base : base === 0 ? 64 : 65 }
}

function sizeFault({ width, height }: JpegFacts, sizes: 'exact' | 'padded'): string | undefined {
  const size = `${width} x ${height} pixels`
  if (width > longestSide || height > longestSide) return `${size}: more than ${longestSide} a side`
  const isMultiple = width % 8 === 0 && height % 8 === 0
  return isMultiple || sizes === 'padded' ? undefined : `${size}: no multiples of 8`
}

function formFault(facts: JpegFacts): string | undefined {
  const { coding, precision, components, scanComponents, isSingleScan } = facts
  if (coding !== 'baseline') return coding === 'other' ? 'not of baseline coding' : `${coding} coding`
  if (precision !== 8) return `samples of ${precision} bits`
  if (components.length !== 3) return `${components.length} colour components`
  if (scanComponents !== 3 || !isSingleScan) return 'more than one scan'
  const [luma, blue, red] = components as [JpegComponent, JpegComponent, JpegComponent]
  const isHalved = luma.horizontal === 2 && (luma.vertical === 1 || luma.vertical === 2)
  if (isHalved && isSingle(blue) && isSingle(red)) return undefined
  return `sampling ${components.map(({ horizontal, vertical }) => `${horizontal}x${vertical}`).join(',')}`
}

function tableFault({ components, quantTables, dcTables, acTables }: JpegFacts): string | undefined {
  const [luma, blue, red] = components as [JpegComponent, JpegComponent, JpegComponent]
  if (quantTables[luma.quantTable]?.precision !== 8 || quantTables[blue.quantTable]?.precision !== 8) {
    return 'quantisation tables that are missing or of 16 bits'
  }
  if (blue.quantTable !== red.quantTable) return 'a quantisation table for each colour'
  const isStandard =
    isTable(dcTables, luma.dcTable, standardHuffman.dcLuma) &&
    isTable(acTables, luma.acTable, standardHuffman.acLuma) &&
    [blue, red].every(
      ({ dcTable, acTable }) =>
        isTable(dcTables, dcTable, standardHuffman.dcChroma) && isTable(acTables, acTable, standardHuffman.acChroma),
    )
  return isStandard ? undefined : 'Huffman tables of its own'
}

/** Images of motion JPEG may leave the standard tables out; 0 is luma's then, 1 is chroma's. */
function isTable(tables: readonly (Buffer | undefined)[], id: number | undefined, standard: Buffer): boolean {
  const table = tables[id ?? 0]
  if (table) return table.equals(standard)
  const isLuma = standard === standardHuffman.dcLuma || standard === standardHuffman.acLuma
  return id === (isLuma ? 0 : 1)
}

function isSingle({ horizontal, vertical }: JpegComponent): boolean {
  return horizontal === 1 && vertical === 1
}
