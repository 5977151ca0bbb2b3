import { setTimeout as sleep } from 'node:timers/promises'
import type { Context, Event } from '@pelton/sdk'

interface Reading {
  sensor: string
  value: number
}

let rows = 0

/** Gets many requests in one call and answers each: with a list of results in the order of the events. */
export async function handler(context: Context, events: Event[]) {
  const readings = events.map((event) => readingOf(event))
  const good = readings.filter((reading) => reading !== undefined)
  let row = await insert(good)
  context.logger.info('inserted', { rows: good.length, batch: events.length })
  return readings.map((reading) =>
    reading === undefined
      ? { status: 400, body: { error: 'expected {"sensor": text, "value": number}' } }
      : { status: 201, body: { row: row++, insertedWith: good.length } },
  )
}

/** Stands for a database that takes many rows in nearly the time of one; gives the number of the first. */
async function insert(readings: Reading[]): Promise<number> {
  await sleep(5)
  rows += readings.length
  return rows - readings.length + 1
}

function readingOf(event: Event): Reading | undefined {
  try {
    const { sensor, value } = event.json<Partial<Reading>>()
    return typeof sensor === 'string' && typeof value === 'number' ? { sensor, value } : undefined
  } catch {
    // Only this event is wrong: the others of the batch are handled.
    return undefined
  }
}
