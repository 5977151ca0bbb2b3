// What a runtime takes to run handlers; handler authors import from the package's root.
export { type ContextEvent, type ContextParts, type Contexts, createContexts } from './handler-context.ts'
export { type EventOptions, createEvent } from './handler-event.ts'
export { type TakeLog, createHandlerLogger, messageText } from './handler-logger.ts'
export { boundedText, plainFacts } from './plain-facts.ts'
export { reasonOf } from './read-body.ts'
export { type AnswerWay, type Reading, readResult } from './read-result.ts'
export { type Answer, Settlement, type SettlementOptions } from './settlement.ts'
