import type { ScanPart } from './block-painter.ts'
import { damaged } from './jpeg-error.ts'
import { type FrameComponent, type JpegFrame, fitsUnit } from './jpeg-frame.ts'
import type { JpegTables } from './jpeg-tables.ts'
import { standardTables } from './standard-tables.ts'

/**
 * Reads the payload of a scan header (ITU-T T.81 B.2.3), and makes it name the tables that pictures are written with: the first for the
 * frame's first component, the second for the others. Throws for components and tables that there are not.
 */
export function takeScanHeader(payload: Uint8Array, frame: JpegFrame, tables: JpegTables): ScanPart[] {
  const count = payload[0] ?? 0
  if (count === 0 || count > frame.components.length || payload.length < 4 + 2 * count) {
    throw damaged('a scan header is malformed')
  }
  const parts: ScanPart[] = []
  for (let at = 1; at < 1 + 2 * count; at += 2) {
    const component = frame.components.find(({ id }) => id === payload[at])
    if (!component || parts.some((part) => part.component === component)) {
      throw damaged('a scan has a component that the picture has not')
    }
    parts.push(partOf(component, payload[at + 1]!, tables))
    payload[at + 1] = component.index === 0 ? 0x00 : 0x11
  }
  if (count > 1 && !fitsUnit(parts.map(({ component }) => component))) throw damaged('a scan has too many blocks')
  return parts
}

function partOf(component: FrameComponent, selector: number, tables: JpegTables): ScanPart {
  const dc = tables.dc[selector >> 4]
  const ac = tables.ac[selector & 0x0f]
  const divisors = tables.divisors[component.quantTable]
  if (!dc || !ac) throw damaged('a scan has a Huffman table that is not there')
  if (!divisors) throw damaged('a component has a quantisation table that is not there')
  const standard = standardTables()[component.index === 0 ? 0 : 1]
  const isStandard = dc === standard.dc.reading && ac === standard.ac.reading
  return { component, divisors, coding: { dc, ac, standard, isStandard, dcRead: 0, dcWritten: 0 } }
}
