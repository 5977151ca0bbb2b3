import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const units = accessUnits(readFileSync(join(import.meta.dirname, 'recorded', 'visitor.h264')))
let given = 0

/** The next access unit of the recording, which begins again when it is over; a key picture is every tenth. */
export function nextUnit(): Buffer | undefined {
  return units[given++ % units.length]
}

/** Cuts a byte stream before each access unit delimiter (ITU-T H.264 §7.4.1.2.3). */
function accessUnits(stream: Buffer): Buffer[] {
  const delimiter = Buffer.from([0, 0, 0, 1, 9])
  const starts: number[] = []
  for (let at = stream.indexOf(delimiter); at >= 0; at = stream.indexOf(delimiter, at + 1)) starts.push(at)
  return starts.map((start, index) => stream.subarray(start, starts[index + 1]))
}
