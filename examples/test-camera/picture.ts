import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawBoxes } from '@pelton/sdk'

const [shop, dark] = ['shop', 'dark'].map((name) => readFileSync(join(import.meta.dirname, 'recorded', `${name}.jpg`)))

/** The picture of this moment: a visitor who walks through the shop, and darkness for the first 3 of every 15 seconds. */
export function pictureAt(time: Date): Uint8Array {
  const place = { x: 40 + walked(time, 6000) * 500, y: 150, width: 60, height: 170 }
  const visitor = { ...place, label: timeText(time), colour: '#30c050' }
  const isDark = time.getSeconds() % 15 < 3
  return drawBoxes(isDark ? dark! : shop!, [visitor], { fontScale: 2 })
}

/** From 0 to 1 and back in so many milliseconds. */
function walked(time: Date, periodMs: number): number {
  return 1 - Math.abs(1 - ((time.getTime() % periodMs) / periodMs) * 2)
}

function timeText(time: Date): string {
  return time.toTimeString().slice(0, 8)
}
