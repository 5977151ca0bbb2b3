import { type Context, type Event, drawBoxes } from '@pelton/sdk'

const door = { x: 36, y: 42, width: 238, height: 212, label: 'door' }
const shelf = { x: 324, y: 34, width: 302, height: 216, label: 'shelf' }

/** Marks two places of the picture, and says in it how old it is. */
export function handler(_context: Context, event: Event) {
  // Date.now() has no fractions and the frame's time has, so a frame of this millisecond would come from the future.
  const ageMs = Math.max(0, Math.round(Date.now() - Number(event.field('timestamp'))))
  const label = `frame ${event.field('frame_num')}, ${ageMs} ms old`
  const facts = { x: 8, y: 350, width: 624, height: 2, label, colour: '#ffffff' }
  return { contentType: 'image/jpeg', body: drawBoxes(event.body, [door, shelf, facts]) }
}
