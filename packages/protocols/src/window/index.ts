export { StreamWindow, type WindowSizes } from './stream-window.ts'
export { Ticker } from './ticker.ts'
