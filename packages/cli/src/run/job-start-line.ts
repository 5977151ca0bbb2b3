import type { ProcessorStatus } from '@pelton/processor'
import type { Paint } from '../screen/paint.ts'
import type { StartFacts } from '../screen/start-screen.ts'

/** What a person sees of the start of a job: one line, and what is doubtful. Its log tells the rest. */
export function jobStartLine(status: ProcessorStatus, facts: StartFacts, paint: Paint): string {
  const jobs = status.triggers.map(({ name }) => name).join(', ')
  const took = `${Math.round(facts.tookMs)} ms`
  const head = `${paint('bold', status.name)}  ${status.runtime}, pelton ${facts.version}, ${jobs} started in ${took}`
  const notes = facts.inspect === undefined ? status.notes : [...status.notes, `inspector on ${facts.inspect}`]
  return [head, ...notes.map((note) => `  ${paint('yellow', 'note')} ${note}`), ''].join('\n')
}
