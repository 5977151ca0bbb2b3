export { type TriggerCatalogue, createTriggerCatalogue } from './trigger-catalogue.ts'
