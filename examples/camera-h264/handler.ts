import { type Context, type Event, drawBoxes } from '@pelton/sdk'

/** Frames the picture, and says in it what it is. */
export function handler(_context: Context, event: Event) {
  const [width, height] = [Number(event.field('width')), Number(event.field('height'))]
  const label = `${width} x ${height}, frame ${event.field('frame_num')}`
  const frame = { x: 8, y: 24, width: width - 16, height: height - 32, label, colour: '#30c050' }
  return { contentType: 'image/jpeg', body: drawBoxes(event.body, [frame]) }
}
