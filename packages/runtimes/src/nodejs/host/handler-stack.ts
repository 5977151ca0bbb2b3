/** Frames of this folder lie between the handler and everything that brought it its event. */
const host = new URL('.', import.meta.url).href

const frame = /^\s+at /

let sdk: string | undefined

/**
 * A stack without the frames below the handler's: Pelton's, and those of Node.js that called it. A stack without any frame of the function's
 * is given back whole: then the error came from us.
 */
export function handlerStack(stack: string): string {
  const lines = stack.split('\n')
  const first = lines.findLastIndex((line) => !frame.test(line)) + 1
  // Found once, and only when something fails.
  const ours = (sdk ??= new URL('.', import.meta.resolve('@pelton/sdk/host')).href)
  const isOwn = (line: string): boolean => line.includes(host) || line.includes(ours)
  const top = lines.findIndex((line, index) => index >= first && isInFile(line) && !isOwn(line))
  if (top < 0) return stack
  const below = lines.findIndex((line, index) => index > top && line.includes(host))
  const kept = below < 0 ? lines : lines.slice(0, below)
  return kept.slice(0, kept.findLastIndex((line) => isInFile(line)) + 1).join('\n')
}

/** Whether a frame is of a file, not of Node.js or of V8 itself. */
function isInFile(line: string): boolean {
  return /:\d+:\d+\)?$/.test(line) && !/\bnode:|<anonymous>/.test(line)
}
