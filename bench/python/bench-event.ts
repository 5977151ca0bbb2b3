import type { EventData } from '@pelton/core'

/** What differs between the events of a benchmark. */
export type BenchFacts = Pick<EventData, 'id' | 'body' | 'headers'> & Partial<EventData>

/** An event as the http trigger hands it out. */
export function benchEvent(facts: BenchFacts): EventData {
  return {
    attempt: 1,
    trigger: { kind: 'http', name: 'http' },
    timestamp: new Date(),
    method: 'POST',
    path: '/',
    url: '/',
    contentType: 'application/octet-stream',
    fields: {},
    shardId: -1,
    offset: 0,
    topic: '',
    ...facts,
  }
}
