import type { InferenceContext, InferenceEvent } from '@pelton/sdk'

const touchedNothing = new Float32Array(4)

/** Twice its only input. */
export function double({ tensors }: InferenceContext, { inputs }: InferenceEvent) {
  const { shape, data } = inputs.x!
  return tensors.response({ 'output-0': { shape, data: (data as Float32Array).map((value) => 2 * value) } })
}

/** Four zeros, whatever came. */
export function accept({ tensors }: InferenceContext) {
  return tensors.response({ 'output-0': touchedNothing })
}
