export { type LockedPage, type PageParts, lockPage, withoutIndents } from './lock-page.ts'
