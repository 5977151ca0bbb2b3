import type { ProcessorStatus } from '@pelton/processor'

/** Where something can be reached: a trigger, or one of its sinks. */
export interface NewAddress {
  name: string
  sink?: string
  url: string
}

/** The addresses that were not there before. */
export function newAddresses(
  before: Pick<ProcessorStatus, 'triggers'>,
  after: Pick<ProcessorStatus, 'triggers'>,
): NewAddress[] {
  const known = new Set(addresses(before).map(({ url }) => url))
  return addresses(after).filter(({ url }) => !known.has(url))
}

function addresses({ triggers }: Pick<ProcessorStatus, 'triggers'>): NewAddress[] {
  return triggers.flatMap(({ name, urls, sinks }) => [
    ...urls.map((url) => ({ name, url })),
    ...sinks.flatMap(({ name: sink, url }) => (url === undefined ? [] : { name, sink, url })),
  ])
}
