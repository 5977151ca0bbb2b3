/** Where a value stands: keys as they are written, and indexes of lists. */
export type Path = readonly (string | number)[]

const plainKey = /^[\w@/+-]+$/
const maxKeyLength = 80

/** A path for people: `spec.env[0].name`. Keys that would be misread are quoted; control characters never get through. */
export function formatPath(path: Path): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (plainKey.test(step) && step.length <= maxKeyLength) text += text === '' ? step : `.${step}`
    else text += `[${quote(step, maxKeyLength)}]`
  }
  return text
}

/** A text in quotes on one line, cut after `maxLength` characters. */
export function quote(text: string, maxLength: number): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text
  // JSON leaves DEL and the C1 controls alone; terminals obey them.
  // oxlint-disable-next-line no-control-regex
  return JSON.stringify(cut).replace(/[\u007f-\u009f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
