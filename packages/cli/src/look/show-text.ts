import { printable } from '../infer/printable.ts'
import { alignColumns } from '../screen/columns.ts'
import type { Paint } from '../screen/paint.ts'
import type { MediumFacts, PictureFacts, Reception, SourceFacts } from './observer.ts'
import { showBitRate, showBytes, showElapsed, showMs, showSeconds } from './quantities.ts'
import type { Spread } from './spread.ts'
import type { Interval, Total } from './tally.ts'

/** Rows of what a source offers; more is counted. */
const mostMedia = 20
/** Without a unit so long, a line says how long. */
const longAgeMs = 1_500

/** What the source is, for a reader; ends with an empty line. */
export function showSource(shown: string, { server, transport, media }: SourceFacts, paint: Paint): string {
  const who = server === '' ? '' : `  ${printable(server)}`
  const offered = media.filter(({ isWatched }, index) => isWatched || index < mostMedia)
  const rows = offered.map((medium) => [
    medium.isWatched ? 'watched' : '',
    medium.type,
    medium.codec,
    showMedium(medium),
  ])
  const lines = alignColumns(rows.map((row) => row.map((cell) => printable(cell).replaceAll('\n', ' '))))
  if (offered.length < media.length) lines.push(`  and ${media.length - offered.length} more`)
  return `${paint('cyan', shown)}${who}, by ${transport.toUpperCase()}\n\n${lines.join('\n')}\n\n`
}

function showMedium({ picture, clockRate, channels, framerate, note }: MediumFacts): string {
  const parts = [
    showPicture(picture),
    framerate === undefined ? '' : `${framerate} fps`,
    clockRate === undefined ? '' : `${clockRate} Hz`,
    channels === undefined ? '' : `${channels} ${channels === 1 ? 'channel' : 'channels'}`,
    note,
  ]
  return parts.filter((part) => part !== '').join(', ')
}

/** `1280x720, High, level 3.1`; empty where nothing is known. */
export function showPicture({ size, profile, level }: PictureFacts): string {
  const parts = [size ? `${size.width}x${size.height}` : '', profile ?? '', level === undefined ? '' : `level ${level}`]
  return parts.filter((part) => part !== '').join(', ')
}

/** One line about an interval, without its end. */
export function showInterval(interval: Interval, reception: Reception | undefined, isSound: boolean): string {
  const { elapsedMs, unitsPerSecond, bitsPerSecond, unitBytes, keyInterval, ageMs } = interval
  const parts = [
    showElapsed(elapsedMs).padStart(6),
    `${unitsPerSecond.toFixed(1)} ${isSound ? 'packets/s' : 'fps'}`.padStart(isSound ? 15 : 8),
    showBitRate(bitsPerSecond).padStart(11),
    (unitBytes === undefined ? '' : showBytes(unitBytes)).padStart(7),
    ...(reception ? [`jitter ${showMs(reception.jitterMs)}`, showLost(reception)] : []),
    ...(keyInterval ? [`key ${showSeconds(keyInterval.ms)}`] : []),
    ...(ageMs !== undefined && ageMs > longAgeMs ? [`nothing for ${showSeconds(ageMs)}`] : []),
  ]
  return parts.join('  ')
}

/** What came in all, for a reader. */
export function showTotal(total: Total, isSound: boolean): string {
  const { elapsedMs, firstMs, units, bytes, bitsPerSecond, reception, keys, keyMs, keyUnits, dropped } = total
  const unit = isSound ? 'packet' : 'frame'
  const rows: string[][] = []
  if (units > 0)
    rows.push([counted(units, unit), `${total.unitsPerSecond.toFixed(2)} a second, ${sizes(total.unitBytes)}`])
  if (bytes > 0) rows.push([showBytes(bytes), showBitRate(bitsPerSecond)])
  if (reception && reception.received + reception.lost > 0) {
    const jitter = `jitter ${showMs(reception.jitterMs)}, at most ${showMs(total.mostJitterMs)}`
    rows.push([counted(reception.received, 'packet'), `${showLost(reception)}, ${jitter}`])
  }
  if (keyMs.count > 0) {
    const every = `every ${showSeconds(keyMs.mean)} (${showSeconds(keyMs.least)} to ${showSeconds(keyMs.most)})`
    rows.push([counted(keys, 'key frame'), `${every}, ${Math.round(keyUnits.mean)} frames`])
  }
  if (dropped > 0) rows.push([counted(dropped, `broken ${unit}`), 'left out'])
  const none = rows.length === 0 ? 'nothing came' : `no whole ${unit} came`
  const first = firstMs === undefined ? none : `first ${unit} after ${showMs(firstMs)}`
  return [`${showSeconds(elapsedMs)}, ${first}`, ...alignColumns(rows), ''].join('\n')
}

function showLost({ received, lost }: Reception): string {
  return `lost ${lost}/${received + lost}`
}

function sizes({ mean, least, most }: Spread): string {
  return `${showBytes(mean)} each (${showBytes(least)} to ${showBytes(most)})`
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
