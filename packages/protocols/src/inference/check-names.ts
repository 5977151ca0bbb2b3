import { quote } from './show.ts'
import { InferenceError } from './tensor.ts'

/** Most messages have so few tensors that looking through them costs less than a set. */
const few = 8

/** InferenceError 400 when two tensors have one name; `what` says what they are. */
export function checkNames(tensors: readonly { readonly name: string }[], what: string): void {
  const twice = tensors.length > few ? twiceInMany(tensors) : twiceInFew(tensors)
  if (twice !== undefined) throw new InferenceError(400, `two ${what} have the name ${quote(twice)}`)
}

function twiceInFew(tensors: readonly { readonly name: string }[]): string | undefined {
  for (let index = 1; index < tensors.length; index++) {
    const { name } = tensors[index]!
    for (let before = 0; before < index; before++) if (tensors[before]!.name === name) return name
  }
  return undefined
}

function twiceInMany(tensors: readonly { readonly name: string }[]): string | undefined {
  const names = new Set<string>()
  for (const { name } of tensors) {
    if (names.has(name)) return name
    names.add(name)
  }
  return undefined
}
