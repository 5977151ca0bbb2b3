/** A block of configuration in the comments of a source file. */
export interface InlineBlock {
  /** The YAML, without comment characters. */
  text: string
  /** Line of its first line in the file, from 1. */
  firstLine: number
}

/** Finds the `@nuclio.configure` block: the marker's line, then all comment lines up to the next marker, the first other line or the end. */
export function findInlineBlock(source: string, leader: '#' | '//'): InlineBlock | undefined {
  const lines = source.split(/\r?\n/)
  const start = lines.findIndex((line) => markerOf(line, leader) === 'configure')
  if (start === -1) return undefined
  const block: string[] = []
  for (const line of lines.slice(start + 1)) {
    const content = commentOf(line, leader)
    if (content === undefined || markerOf(line, leader) !== undefined) break
    block.push(content)
  }
  // The space after the comment characters may be left out; then no line has one too many.
  const isSpaced = block.every((content) => content === '' || content.startsWith(' '))
  return { text: block.map((content) => (isSpaced ? content.slice(1) : content)).join('\n'), firstLine: start + 2 }
}

/** How comments begin in files of an ending. */
export function commentLeader(extension: string): '#' | '//' {
  return ['.py', '.sh', '.rb'].includes(extension) ? '#' : '//'
}

function commentOf(line: string, leader: string): string | undefined {
  const trimmed = line.trimStart()
  return trimmed.startsWith(leader) ? trimmed.slice(leader.length) : undefined
}

function markerOf(line: string, leader: string): string | undefined {
  return /^\s*@nuclio\.(\w+)\s*$/.exec(commentOf(line, leader) ?? '')?.[1]
}
