import type { Context, Event } from '@pelton/sdk'

interface InferRequest {
  inputs: { name: string; datatype: string; shape: number[]; data: number[] }[]
}

/** Doubles the numbers of the one input. */
export function handler(_context: Context, event: Event) {
  const [x] = event.json<InferRequest>().inputs
  if (!x) return { status: 400, body: { error: 'an input is missing' } }
  return { outputs: [{ ...x, name: 'y', data: x.data.map((value) => 2 * value) }] }
}
